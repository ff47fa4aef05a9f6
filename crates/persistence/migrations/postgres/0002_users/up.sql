CREATE TABLE users (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name          TEXT COLLATE "C" NOT NULL UNIQUE,
    password_hash TEXT             NOT NULL,
    -- Words with a space between.
    cluster_roles TEXT             NOT NULL,
    created_at    BIGINT           NOT NULL
);

CREATE TABLE user_grants (
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The place among the user's grants.
    position   INTEGER          NOT NULL,
    project_id TEXT COLLATE "C" NOT NULL,
    role       TEXT             NOT NULL,
    PRIMARY KEY (user_id, position)
);

CREATE INDEX user_grants_project ON user_grants (project_id);
