-- Runs of one action come one after the other: several are kept, and of each action it is one run's turn.
-- 0: it is its turn. More: it waits, in this order. -1: its turn is over.
ALTER TABLE cluster_actions ADD COLUMN turn BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cluster_actions DROP CONSTRAINT cluster_actions_target_name_key;
CREATE UNIQUE INDEX cluster_actions_now ON cluster_actions (target, name) WHERE turn = 0;
CREATE UNIQUE INDEX cluster_actions_waiting ON cluster_actions (turn) WHERE turn > 0;

DROP TRIGGER cluster_actions_wanted ON cluster_actions;
CREATE TRIGGER cluster_actions_wanted AFTER UPDATE ON cluster_actions
FOR EACH ROW WHEN (
    NEW.status = 'queued' AND OLD.status <> 'queued'
    OR NEW.cancel_requested AND NOT OLD.cancel_requested
    OR NEW.turn = 0 AND OLD.turn > 0
)
EXECUTE FUNCTION actiond_ring();
