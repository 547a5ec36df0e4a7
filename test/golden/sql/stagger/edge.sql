-- input: ticks.jsonl
-- schema: ticks.schema.json
-- a row exactly d after the first one opens a window of its own: 09:01:00 does not join 09:00:00
CREATE STREAM o (n BIGINT, s BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM COUNT(*), SUM(v) FROM "SOURCE_SQL_STREAM_001" AS s
WHERE s.k = 'a'
WINDOWED BY STAGGER (PARTITION BY s.k RANGE INTERVAL '1' MINUTE);
