-- input: ticks.jsonl
-- schema: ticks.schema.json
-- rows without a key share a window; every aggregate over windows that overlap
CREATE STREAM o (k VARCHAR(8), n BIGINT, nv BIGINT, s BIGINT, d DOUBLE, m DECIMAL(18,2), hi INTEGER, lo BIGINT, f INTEGER, l INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM k, COUNT(*), COUNT(v), SUM(v), SUM(d), SUM(m), MAX(v), MIN(b), FIRST_VALUE(v), LAST_VALUE(v)
FROM "SOURCE_SQL_STREAM_001"
WINDOWED BY STAGGER (PARTITION BY k RANGE INTERVAL '55' SECOND);
