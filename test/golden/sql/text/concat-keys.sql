-- input: guests.jsonl
-- groups of two joined columns; NULL is a group of its own
CREATE STREAM counted (k VARCHAR(60), n BIGINT);
CREATE PUMP p AS INSERT INTO counted
SELECT STREAM s.name || '/' || TRIM(s.code), COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.name || '/' || TRIM(s.code), STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
