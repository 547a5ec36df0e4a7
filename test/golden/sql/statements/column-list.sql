-- input: ticks.jsonl
-- covers: INSERT of fewer columns
-- columns by the given list; those that are left out are NULL
CREATE STREAM o (a VARCHAR(8), b INTEGER, c DOUBLE, d BOOLEAN);
CREATE PUMP p AS INSERT INTO o (d, a) SELECT STREAM f, k FROM "SOURCE_SQL_STREAM_001";
