-- input: purchases.jsonl
-- schema: purchases.schema.json
-- two halves of one stream, put together again and counted
CREATE STREAM o (cust VARCHAR(8), n BIGINT, s INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM u.cust, COUNT(*), SUM(u.amt)
FROM (SELECT STREAM cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'order' UNION ALL SELECT STREAM cust, -amt FROM "SOURCE_SQL_STREAM_001" WHERE kind = 'pay') AS u
GROUP BY u.cust, FLOOR(u.ROWTIME TO MINUTE);
