-- input: disorder.jsonl
-- schema: seen.schema.json
-- a window for each minute of event time, from its first row on: late rows still join their label, up to a minute
CREATE OR REPLACE STREAM o (label TIMESTAMP, n BIGINT, lo INTEGER, hi INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM FLOOR(s.seen TO MINUTE), COUNT(*), MIN(s.id), MAX(s.id)
FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.seen IS NOT NULL
WINDOWED BY STAGGER (PARTITION BY FLOOR(s.seen TO MINUTE) RANGE INTERVAL '1' MINUTE);
