-- input: deals.jsonl
-- schema: deals.schema.json
-- ten seconds back to the millisecond, both ends in: at 09:58:10.000 the rows of 09:58:00.000 count
CREATE OR REPLACE STREAM o (sym VARCHAR(8), qty INTEGER, n BIGINT, nq BIGINT, q INTEGER, a INTEGER, lo DECIMAL(10,2), hi DECIMAL(10,2), p DECIMAL(18,2));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, t.qty, COUNT(*) OVER w, COUNT(t.qty) OVER w, SUM(t.qty) OVER w, AVG(t.qty) OVER w, MIN(t.price) OVER w, MAX(t.price) OVER w, SUM(t.price) OVER w
FROM "SOURCE_SQL_STREAM_001" AS t
WINDOW w AS (PARTITION BY t.sym RANGE INTERVAL '10' SECOND PRECEDING);
