-- Runs of one action come one after the other: several are kept, and of each action it is one run's turn.
-- The table is made anew, since its constraint cannot be dropped; what refers to it steps aside meanwhile.
CREATE TABLE held AS SELECT key, task_id FROM cluster_exclusions;
DROP TABLE cluster_exclusions;
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
    -- 0: it is its turn. More: it waits, in this order. -1: its turn is over.
    turn             BIGINT  NOT NULL DEFAULT 0
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
FROM old_actions;
DROP TABLE old_actions;

CREATE UNIQUE INDEX cluster_actions_now ON cluster_actions (target, name) WHERE turn = 0;
CREATE UNIQUE INDEX cluster_actions_waiting ON cluster_actions (turn) WHERE turn > 0;

-- What the run of an action holds alone whose turn it is. The primary key decides who wins.
CREATE TABLE cluster_exclusions (
    key     TEXT NOT NULL PRIMARY KEY,
    task_id TEXT NOT NULL REFERENCES cluster_actions (task_id) ON DELETE CASCADE
) WITHOUT ROWID;

INSERT INTO cluster_exclusions SELECT key, task_id FROM held;
DROP TABLE held;

CREATE INDEX cluster_exclusions_task ON cluster_exclusions (task_id);
