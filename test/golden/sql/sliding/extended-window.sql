-- input: deals.jsonl
-- schema: deals.schema.json
-- one named window extends another; a third is written in place
CREATE OR REPLACE STREAM o (sym VARCHAR(8), r BIGINT, w BIGINT, i BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, COUNT(*) OVER by_range, COUNT(*) OVER by_rows, COUNT(*) OVER (by_key RANGE INTERVAL '1' HOUR PRECEDING)
FROM "SOURCE_SQL_STREAM_001" AS t
WINDOW by_key AS (PARTITION BY t.sym, t.side), by_range AS (by_key RANGE INTERVAL '30' SECOND PRECEDING), by_rows AS (by_key ROWS 1 PRECEDING);
