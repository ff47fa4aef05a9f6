-- What actions can be found by. A search asks the index for tokens, which are hashes, and then makes
-- sure by the terms and the text.
CREATE TABLE project_search (
    -- The project, as a number.
    project    BIGINT    NOT NULL,
    seq        BIGINT    NOT NULL,
    tokens     INTEGER[] NOT NULL,
    terms      BIGINT[]  NOT NULL,
    searchable TEXT      NOT NULL,
    PRIMARY KEY (project, seq)
) WITH (toast_tuple_target = 8160);

-- Hashes do not get smaller by compression.
ALTER TABLE project_search
    ALTER tokens SET STORAGE EXTERNAL,
    ALTER terms SET STORAGE EXTERNAL;

-- What is new waits in a list, which every search looks through: up to a megabyte.
CREATE INDEX project_search_tokens ON project_search USING gin (tokens)
WITH (fastupdate = on, gin_pending_list_limit = 1024);
