-- The index of SQLite alone changes.
SELECT;
