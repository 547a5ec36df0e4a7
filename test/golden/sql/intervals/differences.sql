-- input: bookings.jsonl
-- covers: CAST of an interval
-- truncated to the qualifier, toward zero
CREATE STREAM lengths (id INTEGER, minutes BIGINT, days BIGINT, hours INTEGER, secs DECIMAL(18,3), between_days BIGINT);
CREATE PUMP p AS INSERT INTO lengths
SELECT STREAM id, CAST((t2 - t1) MINUTE(9) AS BIGINT), CAST((t2 - t1) DAY(6) AS BIGINT), CAST((t2 - t1) HOUR(8) AS INTEGER), CAST((t2 - t1) SECOND(10) AS DECIMAL(18,3)), CAST((d1 - DATE '2024-01-01') DAY(6) AS BIGINT) FROM "SOURCE_SQL_STREAM_001";
