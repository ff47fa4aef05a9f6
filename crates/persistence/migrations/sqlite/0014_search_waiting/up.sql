-- More changes wait for the index than before, and the oldest of them leave first: a place is one in a line, and says
-- no more how much waits up to it. What a change counts for: 1 when it is small, else how many KiB it has.
ALTER TABLE project_search_recent ADD COLUMN weight INTEGER NOT NULL DEFAULT 1;

UPDATE project_search_recent
SET weight = (length(terms) + octet_length(searchable) + 1023) / 1024
WHERE length(terms) + octet_length(searchable) > 2048;

CREATE INDEX project_search_recent_large ON project_search_recent (weight) WHERE weight > 1;
