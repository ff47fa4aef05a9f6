-- What the index had is not made anew: the program that comes with the schema before finds what is stored from then on.
DROP TABLE project_search_texts;
INSERT INTO project_search (project_search) VALUES ('delete-all');
DELETE FROM project_search_recent;
