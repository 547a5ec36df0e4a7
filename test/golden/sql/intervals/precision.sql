-- input: bookings.jsonl
-- three digits want a precision; it may be larger than the number, of a difference as well
CREATE STREAM moved (id INTEGER, a TIMESTAMP, b TIMESTAMP, c BIGINT);
CREATE PUMP p AS INSERT INTO moved
SELECT STREAM id, t1 + INTERVAL '1000' SECOND(4), t1 - INTERVAL '100.250' SECOND(3,3), CAST((t2 - t1) HOUR(10) AS BIGINT) FROM "SOURCE_SQL_STREAM_001";
