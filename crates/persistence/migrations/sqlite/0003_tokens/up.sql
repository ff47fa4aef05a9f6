CREATE TABLE tokens (
    digest     BLOB   NOT NULL PRIMARY KEY,
    user_id    TEXT   NOT NULL,
    project_id TEXT,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX tokens_user ON tokens (user_id);
CREATE INDEX tokens_expiry ON tokens (expires_at);
