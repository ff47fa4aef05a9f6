ALTER TABLE tokens DROP COLUMN chain;
DROP TABLE project_names;
