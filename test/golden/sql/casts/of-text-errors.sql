-- input: guests.jsonl
-- what is no number is an error of its row, and so is a number that does not fit
CREATE STREAM parsed (id INTEGER, i SMALLINT);
CREATE PUMP p AS INSERT INTO parsed SELECT STREAM id, CAST(TRIM(code) || '000' AS SMALLINT) FROM "SOURCE_SQL_STREAM_001" WHERE code IS NOT NULL AND id > 11;
