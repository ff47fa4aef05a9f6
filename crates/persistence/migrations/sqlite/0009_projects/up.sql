-- What projects are called that are called otherwise than their ids.
CREATE TABLE project_names (
    project_id TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE
) WITHOUT ROWID;

-- The digest of the first token of a chain, in those that were got for another token.
ALTER TABLE tokens ADD COLUMN chain BLOB;
