-- seq is the order of creation. It is never used twice, so that a place in the order stays one.
CREATE TABLE project_actions (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    project_id TEXT    NOT NULL,
    action_id  TEXT    NOT NULL,
    version    BIGINT  NOT NULL,
    document   TEXT    NOT NULL,
    UNIQUE (project_id, action_id)
);

CREATE INDEX project_actions_order ON project_actions (project_id, seq);

-- Where removed actions stood: their ids serve as markers for a day.
CREATE TABLE project_action_markers (
    project_id TEXT   NOT NULL,
    action_id  TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    removed_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, action_id)
) WITHOUT ROWID;

CREATE INDEX project_action_markers_age ON project_action_markers (removed_at);

-- How many actions of a project stand in a block of seqs: level 1 has blocks of 128, level 2 of
-- 16384. A page anywhere in a long list is found by them.
CREATE TABLE project_action_counts (
    project_id TEXT    NOT NULL,
    level      INTEGER NOT NULL,
    block      BIGINT  NOT NULL,
    live       BIGINT  NOT NULL,
    PRIMARY KEY (project_id, level, block)
) WITHOUT ROWID;
