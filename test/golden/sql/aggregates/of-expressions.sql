-- input: deals.jsonl
-- schema: deals.schema.json
-- arguments that are computed, cases among them: a share, a signed sum, a count of what matters
CREATE STREAM o (sym VARCHAR(8), net BIGINT, buys BIGINT, worth DECIMAL(18,2), share DOUBLE);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, SUM(CASE t.side WHEN 'B' THEN t.qty WHEN 'S' THEN -t.qty ELSE 0 END), COUNT(CASE WHEN t.side = 'B' THEN 1 END), SUM(t.price * t.qty),
  CAST(COUNT(CASE WHEN t.side = 'B' THEN 1 END) AS DOUBLE) / COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY t.sym, FLOOR(t.ROWTIME TO HOUR);
