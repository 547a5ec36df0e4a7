-- input: deals.jsonl
-- schema: deals.schema.json
-- a condition that holds for nobody leaves no row and no error
CREATE OR REPLACE STREAM o (n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY FLOOR(t.ROWTIME TO HOUR) HAVING SUM(t.qty) < -1000000;
