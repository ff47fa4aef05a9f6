-- What projects are called that are called otherwise than their ids.
CREATE TABLE project_names (
    project_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL UNIQUE
);

-- The digest of the first token of a chain, in those that were got for another token.
ALTER TABLE tokens ADD COLUMN chain BYTEA;
