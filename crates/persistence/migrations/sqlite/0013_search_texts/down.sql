-- What the index had is not made anew: the program that comes with the schema before finds what is stored from then on.
DROP TABLE project_search_texts;
DROP TABLE project_search;
CREATE VIRTUAL TABLE project_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
INSERT INTO project_search (project_search, rank) VALUES ('automerge', 8);
INSERT INTO project_search (project_search, rank) VALUES ('deletemerge', 50);
DELETE FROM project_search_recent;
