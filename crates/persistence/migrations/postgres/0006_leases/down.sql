ALTER TABLE cluster_actions DROP COLUMN lease_length;
ALTER TABLE cluster_actions DROP COLUMN max_attempts;
