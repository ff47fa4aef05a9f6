-- All text is compared byte by byte, as on SQLite.
CREATE TABLE cluster_actions (
    task_id          TEXT COLLATE "C"  NOT NULL PRIMARY KEY,
    target           TEXT COLLATE "C"  NOT NULL,
    name             TEXT COLLATE "C"  NOT NULL,
    status           TEXT COLLATE "C"  NOT NULL,
    progress         DOUBLE PRECISION  NOT NULL,
    parameters       TEXT              NOT NULL,
    cancel_requested BOOLEAN           NOT NULL,
    error_code       TEXT,
    error_message    TEXT,
    requested_by     TEXT              NOT NULL,
    queued_at        BIGINT            NOT NULL,
    started_at       BIGINT,
    ended_at         BIGINT,
    owner            TEXT,
    lease_until      BIGINT,
    fencing          BIGINT            NOT NULL,
    revision         BIGINT            NOT NULL,
    UNIQUE (target, name)
);

-- What an action in progress holds alone. The primary key decides who wins.
CREATE TABLE cluster_exclusions (
    key     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    task_id TEXT COLLATE "C" NOT NULL REFERENCES cluster_actions (task_id) ON DELETE CASCADE
);

CREATE INDEX cluster_exclusions_task ON cluster_exclusions (task_id);

-- Tells every server that there is something to do, when it is committed.
CREATE FUNCTION actiond_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY actiond;
    RETURN NULL;
END $$;

CREATE TRIGGER cluster_actions_queued AFTER INSERT ON cluster_actions
FOR EACH ROW EXECUTE FUNCTION actiond_ring();

CREATE TRIGGER cluster_actions_wanted AFTER UPDATE ON cluster_actions
FOR EACH ROW WHEN (
    NEW.status = 'queued' AND OLD.status <> 'queued'
    OR NEW.cancel_requested AND NOT OLD.cancel_requested
)
EXECUTE FUNCTION actiond_ring();
