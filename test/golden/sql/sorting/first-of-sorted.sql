-- input: deals.jsonl
-- schema: deals.schema.json
-- ORDER BY in a subquery: the cheapest and the dearest of a minute are the first and the last of it
CREATE STREAM o (cheap DECIMAL(10,2), dear DECIMAL(10,2), n BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM FIRST_VALUE(q.price), LAST_VALUE(q.price), COUNT(*)
FROM (SELECT STREAM t.price FROM "SOURCE_SQL_STREAM_001" AS t WHERE t.price IS NOT NULL ORDER BY FLOOR(t.ROWTIME TO MINUTE), t.price) AS q
GROUP BY q.ROWTIME;
