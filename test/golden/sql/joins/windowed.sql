-- input: ticks.jsonl
-- schema: ticks.schema.json
-- ticks of one key, the larger at most four minutes after or a minute before the smaller; NULL keys meet nobody
CREATE OR REPLACE STREAM "PAIRS" (k VARCHAR(8), a INTEGER, b INTEGER);
CREATE OR REPLACE PUMP "PAIRS_PUMP" AS INSERT INTO "PAIRS"
SELECT STREAM l.k, l.v, r.v
FROM "SOURCE_SQL_STREAM_001" OVER (RANGE INTERVAL '4' MINUTE(1) PRECEDING) AS l
JOIN "SOURCE_SQL_STREAM_001" OVER w AS r ON l.k = r.k AND l.v < r.v
WINDOW w AS (RANGE INTERVAL '1' MINUTE PRECEDING);
