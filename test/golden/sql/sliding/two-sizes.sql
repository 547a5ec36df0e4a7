-- input: deals.jsonl
-- schema: deals.schema.json
-- a short and a long window of one select, and what is computed from both
CREATE OR REPLACE STREAM o (sym VARCHAR(8), short_q INTEGER, long_q INTEGER, share DOUBLE, rising BOOLEAN);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, SUM(t.qty) OVER short, SUM(t.qty) OVER long_w,
  CASE WHEN SUM(t.qty) OVER long_w <> 0 THEN 100.0 * CAST(SUM(t.qty) OVER short AS DOUBLE) / SUM(t.qty) OVER long_w END,
  MAX(t.price) OVER short >= MAX(t.price) OVER long_w
FROM "SOURCE_SQL_STREAM_001" AS t
WINDOW short AS (PARTITION BY t.sym RANGE INTERVAL '5' SECOND PRECEDING), long_w AS (PARTITION BY t.sym RANGE INTERVAL '1' MINUTE PRECEDING);
