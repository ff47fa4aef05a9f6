-- What the cluster face knows of a user: a number, an e-mail address, and how old the password is.
ALTER TABLE users ADD COLUMN uid BIGINT NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN email TEXT;
ALTER TABLE users ADD COLUMN password_issued_at BIGINT NOT NULL DEFAULT 0;

UPDATE users SET
    uid = (
        SELECT count(*) FROM users AS other
        WHERE other.created_at < users.created_at
            OR (other.created_at = users.created_at AND other.id <= users.id)
    ),
    password_issued_at = created_at;

CREATE UNIQUE INDEX users_uid ON users (uid);
CREATE UNIQUE INDEX users_email ON users (email);

-- The last number that was given to a user: one row, or none where there was no user yet.
CREATE TABLE user_counter (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    last_uid BIGINT  NOT NULL
);

INSERT INTO user_counter (id, last_uid) SELECT 1, max(uid) FROM users HAVING count(*) > 0;

-- Failed logins, by the digest of what was given for a name.
CREATE TABLE login_failures (
    account      BLOB NOT NULL PRIMARY KEY,
    -- Moments with a space between, the oldest first.
    recent       TEXT   NOT NULL,
    locked_until BIGINT,
    -- From when on nothing of it counts.
    over_at      BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX login_failures_over ON login_failures (over_at);

-- The keys that tokens of the cluster face are signed with. The newest signs.
CREATE TABLE signing_keys (
    id         TEXT NOT NULL PRIMARY KEY,
    secret     BLOB NOT NULL,
    made_at    BIGINT NOT NULL,
    good_until BIGINT
) WITHOUT ROWID;
