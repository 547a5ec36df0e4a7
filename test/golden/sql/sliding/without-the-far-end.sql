-- input: deals.jsonl
-- schema: deals.schema.json
-- an interval a millisecond short leaves out the row that is exactly a minute old
CREATE OR REPLACE STREAM o (sym VARCHAR(8), closed BIGINT, half_open BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, COUNT(*) OVER (RANGE INTERVAL '1' MINUTE PRECEDING), COUNT(*) OVER (RANGE INTERVAL '59.999' SECOND(2,3) PRECEDING)
FROM "SOURCE_SQL_STREAM_001" AS t;
