-- input: deals.jsonl
-- schema: deals.schema.json
-- keys by alias, by number and by an expression that nobody selects
CREATE STREAM o (worth DECIMAL(18,2), sym VARCHAR(8), side VARCHAR(1));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.qty * t.price AS worth, t.sym, t.side FROM "SOURCE_SQL_STREAM_001" AS t
WHERE t.qty IS NOT NULL AND t.price IS NOT NULL AND t.sym IS NOT NULL
ORDER BY FLOOR(t.ROWTIME TO HOUR), 2, worth DESC, CHAR_LENGTH(t.side), t.side DESC;
