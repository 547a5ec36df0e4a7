-- input: bookings.jsonl
-- covers: datetime +- interval, interval arithmetic
-- the sign stands before the literal or in front of the interval
CREATE STREAM moved (id INTEGER, a TIMESTAMP, b TIMESTAMP, c TIMESTAMP);
CREATE PUMP p AS INSERT INTO moved
SELECT STREAM id, t1 + INTERVAL -'5' DAY, t1 - INTERVAL -'10' HOUR, t1 + (INTERVAL '1' DAY - INTERVAL '36' HOUR) FROM "SOURCE_SQL_STREAM_001";
