-- input: ticks.jsonl
-- schema: ticks.schema.json
-- a condition that shields what it filters; groups of which nothing is left
CREATE OR REPLACE STREAM "OUT" (k VARCHAR(8), n BIGINT, big BIGINT, r INTEGER, uniq BIGINT, d DOUBLE);
CREATE OR REPLACE PUMP "OUT_PUMP" AS INSERT INTO "OUT"
SELECT STREAM s.k, COUNT(*), COUNT(*) FILTER (WHERE s.v > 3), SUM(100 / s.v) FILTER (WHERE s.v <> 0), COUNT(DISTINCT s.b) FILTER (WHERE s.f), AVG(s.d) FILTER (WHERE s.f)
FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.k, STEP(s.ROWTIME BY INTERVAL '1' MINUTE)
HAVING COUNT(*) FILTER (WHERE s.v IS NOT NULL) > 0;
