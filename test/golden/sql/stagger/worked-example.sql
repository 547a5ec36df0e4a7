-- input: seen.jsonl
-- schema: seen.schema.json
-- a minute of each label from its first row on: the late third row still joins its label
CREATE STREAM o (label TIMESTAMP, n BIGINT, first_w VARCHAR(8), last_w VARCHAR(8), known_w VARCHAR(8));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM FLOOR(s.seen TO MINUTE), COUNT(*), FIRST_VALUE(s.w), LAST_VALUE(s.w), LAST_VALUE(s.w) IGNORE NULLS
FROM "SOURCE_SQL_STREAM_001" AS s
WINDOWED BY STAGGER (PARTITION BY FLOOR(s.seen TO MINUTE) RANGE INTERVAL '1' MINUTE);
