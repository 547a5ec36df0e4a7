-- input: guests.jsonl
-- groups by the name in capital letters
CREATE STREAM counts (who VARCHAR(40), n BIGINT, first_initcap VARCHAR(40), lowest VARCHAR(40));
CREATE PUMP p AS INSERT INTO counts
SELECT STREAM UPPER(s.name), COUNT(*), MIN(INITCAP(s.name)), MIN(LOWER(s.note)) FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY UPPER(s.name), FLOOR(s.ROWTIME TO HOUR) HAVING COUNT(*) > 1;
