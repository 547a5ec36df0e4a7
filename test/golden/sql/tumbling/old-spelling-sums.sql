-- input: ticks.jsonl
-- the same with a minute, over the whole stream
CREATE STREAM o (total BIGINT, lo INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM SUM(s.v), MIN(s.v) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY FLOOR((s.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 60 TO SECOND);
