-- input: deals.jsonl
-- schema: deals.schema.json
-- one group for each instant
CREATE OR REPLACE STREAM o (at_time TIMESTAMP, n BIGINT, syms BIGINT, q BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.ROWTIME, COUNT(*), COUNT(t.sym), SUM(t.qty)
FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY t.ROWTIME;
