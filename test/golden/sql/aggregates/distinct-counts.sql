-- input: deals.jsonl
-- schema: deals.schema.json
-- COUNT(DISTINCT) of texts, numbers, decimals and truth values; NULL is not counted
CREATE STREAM o (a BIGINT, b BIGINT, c BIGINT, d BIGINT, e BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM COUNT(DISTINCT t.sym), COUNT(DISTINCT t.qty), COUNT(DISTINCT t.price), COUNT(DISTINCT t.qty > 50), COUNT(DISTINCT FLOOR(t.ROWTIME TO SECOND))
FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY FLOOR(t.ROWTIME TO MINUTE);
