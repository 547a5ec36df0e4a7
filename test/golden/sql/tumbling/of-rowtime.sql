-- input: ticks.jsonl
-- a group for each instant
CREATE STREAM o (n BIGINT, total BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM COUNT(*), SUM(s.v) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.ROWTIME;
