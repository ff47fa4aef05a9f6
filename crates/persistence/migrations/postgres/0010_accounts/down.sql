DROP TABLE signing_keys;
DROP TABLE login_failures;
DROP TABLE user_counter;
DROP INDEX users_email;
DROP INDEX users_uid;
ALTER TABLE users DROP COLUMN password_issued_at;
ALTER TABLE users DROP COLUMN email;
ALTER TABLE users DROP COLUMN uid;
