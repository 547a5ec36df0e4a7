-- input: deals.jsonl
-- schema: deals.schema.json
-- a constant partition: windows of the whole stream that begin with a row, not on the clock
CREATE OR REPLACE STREAM o (n BIGINT, q BIGINT, first_at TIMESTAMP);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM COUNT(*), SUM(t.qty), MIN(t.ROWTIME)
FROM "SOURCE_SQL_STREAM_001" AS t WINDOWED BY STAGGER (PARTITION BY 1 RANGE INTERVAL '30' SECOND);
