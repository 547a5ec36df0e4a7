-- input: deals.jsonl
-- schema: deals.schema.json
-- rows of one instant among themselves: no row waits for longer than its instant
CREATE STREAM o (qty INTEGER, sym VARCHAR(8));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.qty, t.sym FROM "SOURCE_SQL_STREAM_001" AS t ORDER BY t.ROWTIME, t.qty DESC, t.sym;
