-- input: ticks.jsonl
-- schema: ticks.schema.json
-- rows of one ROWTIME do not see those that came after them; a row a minute old to the millisecond is in, one older is out
CREATE OR REPLACE STREAM "OUT" (k VARCHAR(8), v INTEGER, now_n BIGINT, n BIGINT, total INTEGER, mean INTEGER, lo INTEGER, hi BIGINT, d DOUBLE, m DECIMAL(18,2), first_v INTEGER, prior_k VARCHAR(8));
CREATE OR REPLACE PUMP "OUT_PUMP" AS INSERT INTO "OUT"
SELECT STREAM s.k, s.v,
  COUNT(*) OVER (RANGE CURRENT ROW),
  COUNT(s.v) OVER w, SUM(s.v) OVER w, AVG(s.v) OVER w, MIN(s.v) OVER w, MAX(s.b) OVER w, SUM(s.d) OVER w, SUM(s.m) OVER w,
  FIRST_VALUE(s.v) IGNORE NULLS OVER w,
  LAG(s.k, 1, 'none') OVER (ROWS 3 PRECEDING)
FROM "SOURCE_SQL_STREAM_001" AS s
WINDOW keyed AS (PARTITION BY s.k), w AS (keyed RANGE INTERVAL '1' MINUTE PRECEDING);
