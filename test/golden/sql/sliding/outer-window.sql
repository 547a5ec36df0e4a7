-- input: ticks.jsonl
-- schema: ticks.schema.json
-- a window of the outer select, named in its subquery too, over the columns that each sees
CREATE OR REPLACE STREAM "OUT" (k VARCHAR(8), inner_n BIGINT, outer_n BIGINT);
CREATE OR REPLACE PUMP "OUT_PUMP" AS INSERT INTO "OUT"
SELECT STREAM q.k, q.n, COUNT(*) OVER w FROM (
  SELECT STREAM k, COUNT(*) OVER w AS n FROM "SOURCE_SQL_STREAM_001") AS q
WHERE q.n > 1
WINDOW w AS (PARTITION BY k ROWS 2 PRECEDING);
