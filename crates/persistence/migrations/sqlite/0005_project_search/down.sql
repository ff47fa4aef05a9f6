DROP TABLE project_search_recent;
DROP TABLE project_search;
