CREATE TABLE cluster_actions (
    task_id          TEXT    NOT NULL PRIMARY KEY,
    target           TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    status           TEXT    NOT NULL,
    progress         DOUBLE  NOT NULL,
    parameters       TEXT    NOT NULL,
    cancel_requested BOOLEAN NOT NULL,
    error_code       TEXT,
    error_message    TEXT,
    requested_by     TEXT    NOT NULL,
    queued_at        BIGINT  NOT NULL,
    started_at       BIGINT,
    ended_at         BIGINT,
    owner            TEXT,
    lease_until      BIGINT,
    fencing          BIGINT  NOT NULL,
    revision         BIGINT  NOT NULL,
    UNIQUE (target, name)
) WITHOUT ROWID;

-- What an action in progress holds alone. The primary key decides who wins.
CREATE TABLE cluster_exclusions (
    key     TEXT NOT NULL PRIMARY KEY,
    task_id TEXT NOT NULL REFERENCES cluster_actions (task_id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE INDEX cluster_exclusions_task ON cluster_exclusions (task_id);
