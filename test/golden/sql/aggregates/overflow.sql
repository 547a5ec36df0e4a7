-- input: disorder.jsonl
-- schema: seen.schema.json
-- a sum that does not fit its column is an error row of its group; the others go on
CREATE STREAM o (w VARCHAR(8), s INTEGER, b SMALLINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM s.w, SUM(s.id * 100000), MAX(s.id * 300) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.w, FLOOR(s.ROWTIME TO MINUTE);
