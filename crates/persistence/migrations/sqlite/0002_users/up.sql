CREATE TABLE users (
    id            TEXT   NOT NULL PRIMARY KEY,
    name          TEXT   NOT NULL UNIQUE,
    password_hash TEXT   NOT NULL,
    -- Words with a space between.
    cluster_roles TEXT   NOT NULL,
    created_at    BIGINT NOT NULL
) WITHOUT ROWID;

CREATE TABLE user_grants (
    user_id    TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The place among the user's grants.
    position   INTEGER NOT NULL,
    project_id TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    PRIMARY KEY (user_id, position)
) WITHOUT ROWID;

CREATE INDEX user_grants_project ON user_grants (project_id);
