-- input: bookings.jsonl
-- mean and greatest length in milliseconds, and of the age of the event
CREATE STREAM lengths (mean BIGINT, longest BIGINT, newest TIMESTAMP, first_ms BIGINT);
CREATE PUMP p AS INSERT INTO lengths
SELECT STREAM AVG(TSDIFF(s.t2, s.t1)), MAX(TSDIFF(s.t2, s.t1)), MAX(TO_TIMESTAMP(s.ms)), MIN(UNIX_TIMESTAMP(s.t1)) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(s.ROWTIME BY INTERVAL '30' SECOND);
