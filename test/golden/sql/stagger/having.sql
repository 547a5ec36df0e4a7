-- input: disorder.jsonl
-- schema: seen.schema.json
-- two keys, one of them computed; HAVING sees the groups; the time of the result is a column too
CREATE STREAM o (w VARCHAR(8), label TIMESTAMP, n BIGINT, until TIMESTAMP);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM w, STEP(s.seen BY INTERVAL '10' SECOND) AS label, COUNT(*), ROWTIME AS until
FROM "SOURCE_SQL_STREAM_001" AS s
WINDOWED BY STAGGER (PARTITION BY s.w, STEP(s.seen BY INTERVAL '10' SECOND) RANGE INTERVAL '8' SECOND)
HAVING COUNT(*) > 1;
