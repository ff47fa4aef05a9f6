-- What requests under a key (Idempotency-Key) have written, by the digests of whose key it is and of what
-- the request said.
CREATE TABLE receipts (
    name    BLOB NOT NULL PRIMARY KEY,
    said    BLOB NOT NULL,
    subject TEXT NOT NULL,
    version BIGINT NOT NULL,
    kept_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX receipts_kept_at ON receipts (kept_at);
