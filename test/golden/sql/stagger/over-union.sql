-- input: purchases.jsonl
-- schema: purchases.schema.json
-- orders and payments of a customer in windows of half a minute from the first of them
CREATE OR REPLACE STREAM o (cust VARCHAR(8), n BIGINT, orders BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM u.cust, COUNT(*), SUM(u.is_order)
FROM (SELECT STREAM cust, 1 AS is_order FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order'
  UNION ALL SELECT STREAM cust, 0 FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay') AS u
WINDOWED BY STAGGER (PARTITION BY u.cust RANGE INTERVAL '30' SECOND);
