-- The tokens, which are hashes, of the actions of a project between two seqs: a few that came
-- together have most of theirs in common, and the index costs by the token.
CREATE TABLE project_search_chunks (
    project BIGINT    NOT NULL,
    first   BIGINT    NOT NULL,
    last    BIGINT    NOT NULL,
    tokens  INTEGER[] NOT NULL,
    PRIMARY KEY (project, first)
) WITH (toast_tuple_target = 8160);

-- Hashes do not get smaller by compression.
ALTER TABLE project_search_chunks ALTER tokens SET STORAGE EXTERNAL;

INSERT INTO project_search_chunks (project, first, last, tokens)
SELECT project, first, last, (
    SELECT array_agg(DISTINCT token)
    FROM project_search AS action, unnest(action.tokens) AS token
    WHERE action.project = chunk.project AND action.seq BETWEEN chunk.first AND chunk.last
)
FROM (
    SELECT project, min(seq) AS first, max(seq) AS last
    FROM (
        SELECT project, seq, (row_number() OVER (PARTITION BY project ORDER BY seq) - 1) / 16 AS number
        FROM project_search
    ) AS numbered
    GROUP BY project, number
) AS chunk;

DROP INDEX project_search_tokens;
ALTER TABLE project_search DROP COLUMN tokens;

-- What is new waits in a list, which every search looks through, until there are 4 MiB of it
-- (gin_pending_list_limit): to sort it in alone would cost a create several times as much.
CREATE INDEX project_search_tokens ON project_search_chunks USING gin (tokens)
WITH (fastupdate = on);
