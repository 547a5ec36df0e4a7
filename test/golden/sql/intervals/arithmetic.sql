-- input: bookings.jsonl
-- covers: interval arithmetic, interval * number
-- intervals plus and minus intervals, times and by numbers, and compared
CREATE STREAM moved (id INTEGER, a TIMESTAMP, b TIMESTAMP, longer BOOLEAN, same BOOLEAN);
CREATE PUMP p AS INSERT INTO moved
SELECT STREAM id, t1 + (INTERVAL '1' HOUR + INTERVAL '30' MINUTE), t1 - (INTERVAL '1' DAY - INTERVAL '1' SECOND) * 2, (t2 - t1) DAY(6) TO SECOND > INTERVAL '1:00' MINUTE TO SECOND, INTERVAL '120' MINUTE(3) = INTERVAL '2' HOUR FROM "SOURCE_SQL_STREAM_001";
