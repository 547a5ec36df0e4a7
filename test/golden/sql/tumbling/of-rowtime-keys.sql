-- input: ticks.jsonl
-- by key and instant, those with several rows
CREATE STREAM o (k VARCHAR(8), n BIGINT, at_time TIMESTAMP);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.k, COUNT(*), s.ROWTIME FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.ROWTIME, s.k HAVING COUNT(*) > 1 OR MAX(s.v) > 6;
