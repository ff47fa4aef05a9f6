DELETE FROM cluster_actions WHERE turn <> 0;
DROP TRIGGER cluster_actions_wanted ON cluster_actions;
CREATE TRIGGER cluster_actions_wanted AFTER UPDATE ON cluster_actions
FOR EACH ROW WHEN (
    NEW.status = 'queued' AND OLD.status <> 'queued'
    OR NEW.cancel_requested AND NOT OLD.cancel_requested
)
EXECUTE FUNCTION actiond_ring();

DROP INDEX cluster_actions_now;
DROP INDEX cluster_actions_waiting;
ALTER TABLE cluster_actions ADD CONSTRAINT cluster_actions_target_name_key UNIQUE (target, name);
ALTER TABLE cluster_actions DROP COLUMN turn;
