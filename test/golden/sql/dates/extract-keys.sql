-- input: bookings.jsonl
-- covers: EXTRACT from an interval
-- bookings by length in whole days
CREATE STREAM lengths (days BIGINT, n BIGINT);
CREATE PUMP p AS INSERT INTO lengths
SELECT STREAM EXTRACT(DAY FROM (s.t2 - s.t1) DAY(6)), COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY EXTRACT(DAY FROM (s.t2 - s.t1) DAY(6)), FLOOR(s.ROWTIME TO HOUR);
