-- input: amounts.jsonl
-- covers: STEP(n BY k)
-- a histogram of each minute
CREATE STREAM results (at_least INTEGER, n BIGINT);
CREATE PUMP p AS INSERT INTO results
SELECT STREAM STEP(s.i BY 10), COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.i BETWEEN -2000 AND 2000 GROUP BY STEP(s.i BY 10), FLOOR(s.ROWTIME TO MINUTE);
