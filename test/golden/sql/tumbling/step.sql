-- input: ticks.jsonl
-- schema: ticks.schema.json
-- one row for each key and minute; a row exactly on the edge is in the later minute
CREATE OR REPLACE STREAM "OUT" (k VARCHAR(8), n BIGINT, nv INTEGER, s BIGINT, a INTEGER, d DOUBLE, m DECIMAL(18,2), hi DOUBLE, lo DECIMAL(10,2));
CREATE OR REPLACE PUMP "OUT_PUMP" AS INSERT INTO "OUT"
SELECT STREAM s.k, COUNT(*), COUNT(s.v), SUM(s.v), AVG(s.v), SUM(s.d), SUM(s.m), MAX(s.d), MIN(s.m)
FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s.k, STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
