-- input: guests.jsonl
-- the longest name of each minute, and how many have its length or more than five
CREATE STREAM longest (longest INTEGER, long_names BIGINT);
CREATE PUMP p AS INSERT INTO longest
SELECT STREAM MAX(CHAR_LENGTH(s.name)), COUNT(*) FILTER (WHERE CHAR_LENGTH(s.name) > 5)
FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
