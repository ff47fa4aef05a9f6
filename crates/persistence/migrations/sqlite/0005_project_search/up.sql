-- What actions can be found by; rowid is project_actions.seq. The text itself is not kept.
CREATE VIRTUAL TABLE project_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

-- The latest changes, which are not in project_search yet: a search looks through them one by one,
-- and they go there together, which costs far less than each alone.
CREATE TABLE project_search_recent (
    place      INTEGER PRIMARY KEY NOT NULL,
    seq        BIGINT  NOT NULL UNIQUE,
    terms      BLOB    NOT NULL,
    searchable TEXT    NOT NULL
);
