-- input: deals.jsonl
-- schema: deals.schema.json
-- each symbol once in ten seconds; the edge of a window is a new memory
CREATE STREAM o (w TIMESTAMP, sym VARCHAR(8));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM DISTINCT STEP(t.ROWTIME BY INTERVAL '10' SECOND), t.sym FROM "SOURCE_SQL_STREAM_001" AS t;
