-- input: deals.jsonl
-- schema: deals.schema.json
-- FIRST_VALUE and LAST_VALUE in a tumbling group: in order of arrival, NULLs counted or not
CREATE STREAM o (sym VARCHAR(8), f INTEGER, l INTEGER, fi DECIMAL(10,2), li DECIMAL(10,2));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, FIRST_VALUE(t.qty), LAST_VALUE(t.qty), FIRST_VALUE(t.price) IGNORE NULLS, LAST_VALUE(t.price) IGNORE NULLS FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY t.sym, FLOOR(t.ROWTIME TO HOUR);
