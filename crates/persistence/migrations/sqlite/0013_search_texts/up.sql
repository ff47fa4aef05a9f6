-- Where texts are. Eight that stand next to each other in the order of actions share an entry, so that what their
-- texts have in common costs once. Its rowid is seq / 8 * 16; that of an action's own is greater by 1 + seq % 8.
CREATE VIRTUAL TABLE project_search_texts USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
INSERT INTO project_search_texts (project_search_texts, rank) VALUES ('automerge', 8);
INSERT INTO project_search_texts (project_search_texts, rank) VALUES ('deletemerge', 50);

-- The texts leave project_search, which is made anew from the actions when it is empty.
INSERT INTO project_search (project_search) VALUES ('delete-all');
DELETE FROM project_search_recent;
