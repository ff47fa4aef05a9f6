INSERT INTO project_search (project_search, rank) VALUES ('deletemerge', 10);

DELETE FROM project_search WHERE rowid IN (SELECT seq FROM project_search_recent WHERE replaces);
DELETE FROM project_search_recent WHERE terms = x'';

DROP INDEX project_search_recent_replaced;
ALTER TABLE project_search_recent DROP COLUMN replaces;
