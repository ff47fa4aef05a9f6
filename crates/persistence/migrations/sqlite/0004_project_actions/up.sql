-- seq is the order of creation. It is never used for another id, so that a place in the order stays
-- one.
CREATE TABLE project_actions (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    project_id TEXT    NOT NULL,
    action_id  TEXT    NOT NULL,
    version    BIGINT  NOT NULL,
    document   TEXT    NOT NULL,
    UNIQUE (project_id, action_id)
);

CREATE INDEX project_actions_order ON project_actions (project_id, seq);

-- Where removed actions stood: for a day their ids serve as markers, and get that place back.
CREATE TABLE project_action_markers (
    project_id TEXT   NOT NULL,
    action_id  TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    removed_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, action_id)
) WITHOUT ROWID;

CREATE INDEX project_action_markers_age ON project_action_markers (removed_at);

-- How many actions of a project stand in a block of seqs: level 1 has blocks of 128, level 2 of
-- 16384. A page anywhere in a long list is found by them; the triggers keep them true.
CREATE TABLE project_action_counts (
    project_id TEXT    NOT NULL,
    level      INTEGER NOT NULL,
    block      BIGINT  NOT NULL,
    live       BIGINT  NOT NULL,
    PRIMARY KEY (project_id, level, block)
) WITHOUT ROWID;

CREATE TRIGGER project_actions_inserted AFTER INSERT ON project_actions BEGIN
    INSERT INTO project_action_counts (project_id, level, block, live)
    VALUES (NEW.project_id, 1, NEW.seq >> 7, 1), (NEW.project_id, 2, NEW.seq >> 14, 1)
    ON CONFLICT DO UPDATE SET live = live + 1;
END;

CREATE TRIGGER project_actions_deleted AFTER DELETE ON project_actions BEGIN
    UPDATE project_action_counts SET live = live - 1
    WHERE project_id = OLD.project_id AND level = 1 AND block = OLD.seq >> 7;
    UPDATE project_action_counts SET live = live - 1
    WHERE project_id = OLD.project_id AND level = 2 AND block = OLD.seq >> 14;
    DELETE FROM project_action_counts
    WHERE project_id = OLD.project_id AND level = 1 AND block = OLD.seq >> 7 AND live = 0;
    DELETE FROM project_action_counts
    WHERE project_id = OLD.project_id AND level = 2 AND block = OLD.seq >> 14 AND live = 0;
END;
