-- input: deals.jsonl
-- schema: deals.schema.json
-- (start, end]: a row exactly on a second goes with those before it, and its window closes with the first row after it
CREATE OR REPLACE STREAM o (w TIMESTAMP, sym VARCHAR(8), n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM CEIL(t.ROWTIME TO SECOND), t.sym, COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY t.sym, CEIL(t.ROWTIME TO SECOND);
