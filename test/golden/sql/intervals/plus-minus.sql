-- input: bookings.jsonl
-- covers: datetime +- interval
-- times, dates and times of day plus and minus intervals of every length
CREATE STREAM moved (id INTEGER, a TIMESTAMP, b TIMESTAMP, c TIMESTAMP, d DATE, e TIME, f TIMESTAMP);
CREATE PUMP p AS INSERT INTO moved
SELECT STREAM id, t1 + INTERVAL '1' DAY, t1 - INTERVAL '1:30' HOUR TO MINUTE, t1 + INTERVAL '1 02:03:04.005' DAY TO SECOND, d1 + INTERVAL '28' DAY, at1 + INTERVAL '30' MINUTE, INTERVAL '59.999' SECOND + t1 FROM "SOURCE_SQL_STREAM_001";
