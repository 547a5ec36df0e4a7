-- input: deals.jsonl
-- schema: deals.schema.json
-- SUM, AVG, MIN of different values alone, over a range
CREATE OR REPLACE STREAM o (sym VARCHAR(8), s INTEGER, a DECIMAL(18,2), plain INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, SUM(DISTINCT t.qty) OVER w, AVG(DISTINCT t.price) OVER w, SUM(ALL t.qty) OVER w
FROM "SOURCE_SQL_STREAM_001" AS t WINDOW w AS (PARTITION BY t.sym RANGE INTERVAL '2' MINUTE PRECEDING);
