-- input: bookings.jsonl
-- covers: EXTRACT from an interval, interval arithmetic
-- parts of differences, with their sign
CREATE STREAM parts (id INTEGER, d BIGINT, h BIGINT, mi BIGINT, s DECIMAL(5,3));
CREATE PUMP p AS INSERT INTO parts
SELECT STREAM id, EXTRACT(DAY FROM (t2 - t1) DAY(5) TO SECOND), EXTRACT(HOUR FROM (t2 - t1) DAY(5) TO SECOND), EXTRACT(MINUTE FROM (t2 - t1) DAY(5) TO SECOND), EXTRACT(SECOND FROM (t2 - t1) DAY(5) TO SECOND)
FROM "SOURCE_SQL_STREAM_001";
