-- input: deals.jsonl
-- schema: deals.schema.json
-- LAG of a text, of a ROWTIME and of a computed value; the pause since the last row of a key
CREATE OR REPLACE STREAM o (sym VARCHAR(8), last_side VARCHAR(1), last_at TIMESTAMP, pause_ms BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, LAG(t.side, 1, '?') OVER w, LAG(t.ROWTIME) OVER w, TSDIFF(t.ROWTIME, LAG(t.ROWTIME, 1, t.ROWTIME) OVER w)
FROM "SOURCE_SQL_STREAM_001" AS t WINDOW w AS (PARTITION BY t.sym RANGE INTERVAL '1' DAY PRECEDING);
