-- input: ticks.jsonl
-- windows of a minute that begin ten seconds after it, written as STEP of a moved time
CREATE STREAM o (w TIMESTAMP, n BIGINT, total BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM STEP(s.ROWTIME - INTERVAL '10' SECOND BY INTERVAL '1' MINUTE), COUNT(*), SUM(s.v) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(s.ROWTIME - INTERVAL '10' SECOND BY INTERVAL '1' MINUTE);
