-- input: ticks.jsonl
-- the instant under another name
CREATE STREAM o (n BIGINT, hi INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM COUNT(*), MAX(x.v) FROM (SELECT STREAM s.ROWTIME AS t, v FROM "SOURCE_SQL_STREAM_001" AS s WHERE v > 1) AS x GROUP BY x.t;
