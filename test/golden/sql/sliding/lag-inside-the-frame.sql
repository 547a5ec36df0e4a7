-- input: deals.jsonl
-- schema: deals.schema.json
-- LAG sees no further than the frame: beyond it there is the default, or NULL
CREATE OR REPLACE STREAM o (sym VARCHAR(8), qty INTEGER, l1 INTEGER, l1d INTEGER, l2 INTEGER, li INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, t.qty, LAG(t.qty) OVER w, LAG(t.qty, 1, -1) OVER w, LAG(t.qty, 2, -2) OVER w, LAG(t.qty, 1, -1) IGNORE NULLS OVER w
FROM "SOURCE_SQL_STREAM_001" AS t WINDOW w AS (PARTITION BY t.sym RANGE INTERVAL '30' SECOND PRECEDING);
