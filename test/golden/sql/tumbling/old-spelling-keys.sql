-- input: ticks.jsonl
-- ten seconds as they were written before STEP: seconds since 1970 through ten, floored to whole ones
CREATE STREAM o (k VARCHAR(8), n BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM s.k, COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.k, FLOOR((s.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND);
