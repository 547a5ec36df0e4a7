-- input: guests.jsonl
-- all but the first letters of a name are hidden; below 1 the first characters go in front
CREATE STREAM masked (id INTEGER, masked VARCHAR(60), front VARCHAR(60));
CREATE PUMP p AS INSERT INTO masked
SELECT STREAM id, OVERLAY(name PLACING '****' FROM 2 FOR 40), OVERLAY(name PLACING 'abc' FROM 0) FROM "SOURCE_SQL_STREAM_001" WHERE CHAR_LENGTH(name) > 3;
