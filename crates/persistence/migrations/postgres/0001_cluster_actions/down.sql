DROP TABLE cluster_exclusions;
DROP TABLE cluster_actions;
DROP FUNCTION actiond_ring;
