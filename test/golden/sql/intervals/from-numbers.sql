-- input: bookings.jsonl
-- covers: interval * number, datetime +- interval
-- a number of milliseconds, seconds or days becomes an interval by multiplication
CREATE STREAM moved (id INTEGER, a TIMESTAMP, b TIMESTAMP, c TIMESTAMP);
CREATE PUMP p AS INSERT INTO moved
SELECT STREAM id, TIMESTAMP '1970-01-01 00:00:00' + ms * INTERVAL '0 00:00:00.001' DAY TO SECOND, t1 + id * INTERVAL '1' DAY, t1 + INTERVAL '1' HOUR / 4 FROM "SOURCE_SQL_STREAM_001";
