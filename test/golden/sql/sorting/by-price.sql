-- input: deals.jsonl
-- schema: deals.schema.json
-- trades of a minute, the dearest first; NULL is greater than every price
CREATE STREAM o (price DECIMAL(10,2), sym VARCHAR(8));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.price, t.sym FROM "SOURCE_SQL_STREAM_001" AS t ORDER BY FLOOR(t.ROWTIME TO MINUTE), t.price DESC;
