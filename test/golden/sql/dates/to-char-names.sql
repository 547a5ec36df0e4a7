-- input: bookings.jsonl
-- short names, the day of the year, the number of the weekday
CREATE STREAM texts (id INTEGER, a VARCHAR(40), b VARCHAR(40), c VARCHAR(10), d VARCHAR(20), e VARCHAR(20));
CREATE PUMP p AS INSERT INTO texts
SELECT STREAM id, TIMESTAMP_TO_CHAR('EEE dd MMM', t1), TIMESTAMP_TO_CHAR('DDD', t1), TIMESTAMP_TO_CHAR('u', t1), DATE_TO_CHAR('EEE', d1), TIME_TO_CHAR('h a', at1) FROM "SOURCE_SQL_STREAM_001" WHERE t1 IS NOT NULL;
