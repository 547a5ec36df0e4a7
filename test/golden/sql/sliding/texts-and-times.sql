-- input: deals.jsonl
-- schema: deals.schema.json
-- MIN and MAX of texts and times; ORDER BY ROWTIME in a window says nothing new
CREATE OR REPLACE STREAM o (lo VARCHAR(8), hi VARCHAR(8), since TIMESTAMP, until TIMESTAMP, sides BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM MIN(t.sym) OVER w, MAX(t.sym) OVER w, MIN(t.ROWTIME) OVER w, MAX(t.ROWTIME) OVER w, COUNT(t.side) OVER w
FROM "SOURCE_SQL_STREAM_001" AS t WINDOW w AS (ORDER BY t.ROWTIME RANGE INTERVAL '20' SECOND PRECEDING);
