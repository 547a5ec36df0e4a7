-- input: visits.jsonl
-- covers: two-time pattern
-- windows of ROWTIME with labels of event time: a row that comes late gives a partial row with its old label
CREATE STREAM o (seen TIMESTAMP, who VARCHAR(8), n BIGINT, ms BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM STEP(s."ts" BY INTERVAL '10' SECOND), s."user", COUNT(*), MIN(UNIX_TIMESTAMP(s."ts")) FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s."user", STEP(s.ROWTIME BY INTERVAL '1' MINUTE), STEP(s."ts" BY INTERVAL '10' SECOND);
