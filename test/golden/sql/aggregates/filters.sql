-- input: deals.jsonl
-- schema: deals.schema.json
-- FILTER beside plain aggregates, over NULL conditions, and with DISTINCT
CREATE STREAM o (n BIGINT, buys BIGINT, q BIGINT, syms BIGINT, no_price BIGINT, nothing INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM COUNT(*), COUNT(*) FILTER (WHERE t.side = 'B'), SUM(t.qty) FILTER (WHERE t.price > 10), COUNT(DISTINCT t.sym) FILTER (WHERE t.qty >= 10),
  COUNT(t.qty) FILTER (WHERE t.price IS NULL), MAX(t.qty) FILTER (WHERE t.sym = 'nobody')
FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY FLOOR(t.ROWTIME TO MINUTE);
