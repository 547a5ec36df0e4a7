-- input: guests.jsonl
-- names that are not the one that is meant, unknown names among them
CREATE STREAM others (id INTEGER, name VARCHAR(40));
CREATE PUMP p AS INSERT INTO others SELECT STREAM id, name FROM "SOURCE_SQL_STREAM_001" WHERE name IS DISTINCT FROM 'bob' AND note IS NOT DISTINCT FROM name OR name IS NOT DISTINCT FROM NULL;
