-- What actions can be found by; rowid is project_actions.seq. The text itself is not kept.
CREATE VIRTUAL TABLE project_search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);

-- Its parts are merged eight at a time, which costs a write less than four, and a search little.
INSERT INTO project_search (project_search, rank) VALUES ('automerge', 8);

-- The latest changes, which are not in project_search yet: a search looks through those of its
-- project one by one, and they go there together, which costs far less than each alone.
CREATE TABLE project_search_recent (
    -- How much waits up to here: when it is enough, all of it goes.
    place      INTEGER PRIMARY KEY NOT NULL,
    project    BIGINT  NOT NULL,
    seq        BIGINT  NOT NULL,
    terms      BLOB    NOT NULL,
    searchable TEXT    NOT NULL,
    UNIQUE (project, seq)
);
