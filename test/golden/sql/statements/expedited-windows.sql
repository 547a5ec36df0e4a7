-- input: ticks.jsonl
-- a window into a list of columns
CREATE STREAM o (n INTEGER, k VARCHAR(8));
CREATE PUMP p AS INSERT EXPEDITED INTO o (k, n) SELECT STREAM s.k, COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.k, FLOOR(s.ROWTIME TO HOUR);
