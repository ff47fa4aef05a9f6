CREATE TABLE held AS SELECT key, task_id FROM cluster_exclusions;
DROP TABLE cluster_exclusions;
DROP INDEX cluster_actions_now;
DROP INDEX cluster_actions_waiting;
ALTER TABLE cluster_actions RENAME TO old_actions;

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
    max_attempts     INTEGER NOT NULL DEFAULT 1,
    lease_length     BIGINT,
    UNIQUE (target, name)
) WITHOUT ROWID;

INSERT INTO cluster_actions (
    task_id, target, name, status, progress, parameters, cancel_requested, error_code, error_message,
    requested_by, queued_at, started_at, ended_at, owner, lease_until, fencing, revision,
    max_attempts, lease_length
)
SELECT
    task_id, target, name, status, progress, parameters, cancel_requested, error_code, error_message,
    requested_by, queued_at, started_at, ended_at, owner, lease_until, fencing, revision,
    max_attempts, lease_length
FROM old_actions WHERE turn = 0;
DROP TABLE old_actions;

CREATE TABLE cluster_exclusions (
    key     TEXT NOT NULL PRIMARY KEY,
    task_id TEXT NOT NULL REFERENCES cluster_actions (task_id) ON DELETE CASCADE
) WITHOUT ROWID;

INSERT INTO cluster_exclusions SELECT key, task_id FROM held;
DROP TABLE held;

CREATE INDEX cluster_exclusions_task ON cluster_exclusions (task_id);
