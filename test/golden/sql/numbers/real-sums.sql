-- input: amounts.jsonl
-- sums and bounds of REAL
CREATE STREAM results (total REAL, mean REAL, lo REAL, hi REAL);
CREATE PUMP p AS INSERT INTO results
SELECT STREAM SUM(s.r), AVG(s.r), MIN(s.r), MAX(s.r) FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.r < 1000 GROUP BY STEP(s.ROWTIME BY INTERVAL '30' SECOND);
