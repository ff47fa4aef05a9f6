-- The program that comes with the schema before takes up all at once when the last place is high enough.
DROP INDEX project_search_recent_large;
ALTER TABLE project_search_recent DROP COLUMN weight;
