-- input: deals.jsonl
-- schema: deals.schema.json
-- sums of decimals are exact, and so is their mean to the places of the type
CREATE STREAM o (s DECIMAL(18,2), a DECIMAL(18,2), product DECIMAL(18,4), third DECIMAL(18,12));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM SUM(t.price), AVG(t.price), SUM(t.price * 0.01), SUM(t.price) / 3 FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY FLOOR(t.ROWTIME TO HOUR);
