-- input: ticks.jsonl
// statements may be empty

;; /* nothing */ ;
CREATE STREAM o (n BIGINT); ;
/* CREATE STREAM o (n BIGINT); */
CREATE PUMP p AS INSERT INTO o SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY FLOOR(s.ROWTIME TO HOUR) // last
