-- input: amounts.jsonl
-- NULL is not distinct from NULL, and distinct from everything else
CREATE STREAM compared (id INTEGER, a BOOLEAN, b BOOLEAN, c BOOLEAN);
CREATE PUMP p AS INSERT INTO compared
SELECT STREAM id, i IS DISTINCT FROM j, f IS NOT DISTINCT FROM g, p IS DISTINCT FROM NULL FROM "SOURCE_SQL_STREAM_001";
