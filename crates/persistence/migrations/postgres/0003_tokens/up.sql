CREATE TABLE tokens (
    digest     BYTEA            NOT NULL PRIMARY KEY,
    user_id    TEXT COLLATE "C" NOT NULL,
    project_id TEXT COLLATE "C",
    issued_at  BIGINT           NOT NULL,
    expires_at BIGINT           NOT NULL
);

CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_expiry ON tokens (expires_at);
