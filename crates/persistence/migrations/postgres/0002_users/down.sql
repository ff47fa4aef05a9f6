DROP TABLE user_grants;
DROP TABLE users;
