-- input: deals.jsonl
-- schema: deals.schema.json
-- HAVING first, then the order by an aggregate that is not selected
CREATE STREAM o (sym VARCHAR(8));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.sym FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY t.sym, FLOOR(t.ROWTIME TO HOUR) HAVING COUNT(*) > 1 ORDER BY FLOOR(t.ROWTIME TO HOUR), MAX(t.price) DESC NULLS LAST;
