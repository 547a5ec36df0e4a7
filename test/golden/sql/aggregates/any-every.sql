-- input: deals.jsonl
-- schema: deals.schema.json
-- truth over groups: NULLs do not count, and of nothing but NULLs it is NULL
CREATE STREAM o (side VARCHAR(1), some_big BOOLEAN, all_pos BOOLEAN, cond BOOLEAN);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.side, ANY(t.qty > 500), EVERY(t.qty > 0), EVERY(t.price < 100 OR t.sym = 'GLOB') FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY t.side, FLOOR(t.ROWTIME TO MINUTE);
