-- input: spec-tumbling.jsonl
-- schema: spec-tumbling.schema.json
-- the mean of whole numbers is whole, cut toward zero: of 3 and 5 it is 4, of 3, 5 and 1 it is 3
CREATE STREAM o (a INTEGER, m INTEGER, d DOUBLE, x DECIMAL(10,4));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM AVG(s.v), AVG(-s.v), AVG(CAST(s.v AS DOUBLE)), AVG(CAST(s.v AS DECIMAL(10,4))) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY FLOOR(s.ROWTIME TO MINUTE);
