-- input: guests.jsonl
-- what stands behind the first equals sign or blank
CREATE STREAM tails (id INTEGER, tail VARCHAR(60), head VARCHAR(60));
CREATE PUMP p AS INSERT INTO tails
SELECT STREAM id, SUBSTRING(note, POSITION('=' IN note) + 1), SUBSTRING(note, 1, POSITION(' ' IN note))
FROM "SOURCE_SQL_STREAM_001" WHERE POSITION('=' IN note) > 0 OR POSITION(' ' IN note) > 0;
