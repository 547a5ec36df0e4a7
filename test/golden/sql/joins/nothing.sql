-- input: empty.jsonl
-- schema: ticks.schema.json
-- each tick with the next larger ones of its key, alone where none came in five seconds
CREATE OR REPLACE STREAM "NEXT" (k VARCHAR(8), a INTEGER, b INTEGER);
CREATE OR REPLACE PUMP "NEXT_PUMP" AS INSERT INTO "NEXT"
SELECT STREAM l.k, l.v, r.v
FROM "SOURCE_SQL_STREAM_001" OVER (RANGE INTERVAL '5' SECOND PRECEDING) AS l
LEFT JOIN "SOURCE_SQL_STREAM_001" AS r ON l.k = r.k AND l.v < r.v;
