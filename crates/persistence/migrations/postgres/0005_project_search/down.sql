DROP TABLE project_search;
