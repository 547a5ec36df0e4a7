-- input: ticks.jsonl
-- covers: named window that extends another
-- one window takes the partition of another and a frame of its own
CREATE STREAM o (k VARCHAR(8), n BIGINT, total BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM s.k, COUNT(*) OVER near_k, SUM(s.v) OVER last_k FROM "SOURCE_SQL_STREAM_001" AS s
WINDOW keyed AS (PARTITION BY s.k), near_k AS (keyed RANGE INTERVAL '1' MINUTE PRECEDING), last_k AS (keyed ROWS 1 PRECEDING);
