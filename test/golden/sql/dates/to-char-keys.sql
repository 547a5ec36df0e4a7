-- input: bookings.jsonl
-- groups by month in words
CREATE STREAM months (month_of VARCHAR(20), n BIGINT, first_time VARCHAR(10));
CREATE PUMP p AS INSERT INTO months
SELECT STREAM TIMESTAMP_TO_CHAR('MMMM', s.t1), COUNT(*), MIN(TIME_TO_CHAR('HH:mm', s.at1)) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY TIMESTAMP_TO_CHAR('MMMM', s.t1), FLOOR(s.ROWTIME TO HOUR);
