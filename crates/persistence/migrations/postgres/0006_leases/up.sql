-- How often an action may be taken up, and how long the lease of its runner is, in microseconds.
ALTER TABLE cluster_actions ADD COLUMN max_attempts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE cluster_actions ADD COLUMN lease_length BIGINT;

UPDATE cluster_actions SET lease_length = 30000000 WHERE owner IS NOT NULL;
