DROP TABLE project_action_counts;
DROP TABLE project_action_markers;
DROP TABLE project_actions;
DROP FUNCTION project_actions_inserted;
DROP FUNCTION project_actions_deleted;
