-- input: guests.jsonl
-- from 1; below 1 the count shrinks; past the end there is the empty text
CREATE STREAM parts (id INTEGER, a VARCHAR(40), b VARCHAR(40), c VARCHAR(40), d VARCHAR(40), e VARCHAR(40));
CREATE PUMP p AS INSERT INTO parts
SELECT STREAM id, SUBSTRING(name FROM 3), SUBSTRING(name FROM 2 FOR 3), SUBSTRING(name FROM -1 FOR 4), SUBSTRING(name FROM 50), SUBSTRING(name FROM 2 FOR 0)
FROM "SOURCE_SQL_STREAM_001";
