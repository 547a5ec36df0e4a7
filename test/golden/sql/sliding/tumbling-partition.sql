-- input: deals.jsonl
-- schema: deals.schema.json
-- partitioned by the minute: a running count that begins anew with every minute
CREATE OR REPLACE STREAM o (sym VARCHAR(8), place BIGINT, q INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, COUNT(*) OVER w, SUM(t.qty) OVER w
FROM "SOURCE_SQL_STREAM_001" AS t
WINDOW w AS (PARTITION BY t.sym, FLOOR(t.ROWTIME TO MINUTE) RANGE INTERVAL '1' MINUTE PRECEDING);
