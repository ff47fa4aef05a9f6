ALTER TABLE project_search ADD COLUMN tokens INTEGER[];
ALTER TABLE project_search ALTER tokens SET STORAGE EXTERNAL;

-- More tokens than its own do an action no harm: what the index finds is looked at.
UPDATE project_search AS action SET tokens = chunk.tokens
FROM project_search_chunks AS chunk
WHERE chunk.project = action.project AND action.seq BETWEEN chunk.first AND chunk.last;

ALTER TABLE project_search ALTER tokens SET NOT NULL;

DROP TABLE project_search_chunks;

CREATE INDEX project_search_tokens ON project_search USING gin (tokens)
WITH (fastupdate = on, gin_pending_list_limit = 1024);
