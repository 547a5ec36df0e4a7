-- input: deals.jsonl
-- schema: deals.schema.json
-- the first and the last known quantity, and those with NULL among them
CREATE OR REPLACE STREAM o (side VARCHAR(1), f INTEGER, fi INTEGER, l INTEGER, li INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.side, FIRST_VALUE(t.qty), FIRST_VALUE(t.qty) IGNORE NULLS, LAST_VALUE(t.qty) RESPECT NULLS, LAST_VALUE(t.qty) IGNORE NULLS
FROM "SOURCE_SQL_STREAM_001" AS t WINDOWED BY STAGGER (PARTITION BY t.side RANGE INTERVAL '45' SECOND);
