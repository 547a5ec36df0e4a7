-- input: purchases.jsonl
-- schema: purchases.schema.json
-- customers that ordered or paid in a minute, once each
CREATE STREAM o (m TIMESTAMP, cust VARCHAR(8));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM DISTINCT FLOOR(u.ROWTIME TO MINUTE), u.cust
FROM (SELECT STREAM cust FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order' UNION ALL SELECT STREAM cust FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay') AS u;
