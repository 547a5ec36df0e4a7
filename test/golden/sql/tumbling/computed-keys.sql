-- input: deals.jsonl
-- schema: deals.schema.json
-- keys that are computed, one of them a truth value; items are functions of keys and aggregates
CREATE OR REPLACE STREAM o (side VARCHAR(12), big BOOLEAN, n BIGINT, per DOUBLE);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM CASE UPPER(t.side) WHEN 'B' THEN 'buy' WHEN 'S' THEN 'sell' ELSE 'unknown' END, t.qty >= 50, COUNT(*),
  CAST(SUM(t.qty) AS DOUBLE) / COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY UPPER(t.side), t.qty >= 50, STEP(t.ROWTIME BY INTERVAL '1' MINUTE);
