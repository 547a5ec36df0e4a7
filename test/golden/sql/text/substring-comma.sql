-- input: guests.jsonl
-- with commas a place past the end gives NULL; everything else as with FROM
CREATE STREAM parts (id INTEGER, a VARCHAR(40), b VARCHAR(40), c VARCHAR(40));
CREATE PUMP p AS INSERT INTO parts
SELECT STREAM id, SUBSTRING(name, 3), SUBSTRING(name, -1, 4), SUBSTRING(note, n, n) FROM "SOURCE_SQL_STREAM_001" WHERE n IS NULL OR n >= 0;
