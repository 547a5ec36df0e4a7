-- input: ticks.jsonl
-- schema: ticks.schema.json
-- a row whose argument fails is in no frame; one whose result does not fit stays in the frame of the others
CREATE OR REPLACE STREAM "OUT" (n INTEGER, r INTEGER, b BIGINT);
CREATE OR REPLACE PUMP "OUT_PUMP" AS INSERT INTO "OUT"
SELECT STREAM COUNT(*) OVER w, SUM(10 / s.v) OVER w, SUM(CASE WHEN s.b > 1000000 THEN s.b * 1000 ELSE s.b END) OVER w
FROM "SOURCE_SQL_STREAM_001" AS s
WINDOW w AS (ROWS 3 PRECEDING);
