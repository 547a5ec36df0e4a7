-- input: deals.jsonl
-- schema: deals.schema.json
-- a row is a duplicate when every column is the same, NULL equal to NULL; its own time does not count
CREATE STREAM o (sym VARCHAR(8), side VARCHAR(1), qty INTEGER, w TIMESTAMP);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM DISTINCT t.sym, t.side, t.qty, FLOOR(t.ROWTIME TO HOUR) FROM "SOURCE_SQL_STREAM_001" AS t;
