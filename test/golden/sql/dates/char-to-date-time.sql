-- input: bookings.jsonl
-- dates and times of day out of text
CREATE STREAM parsed (id INTEGER, d DATE, t TIME);
CREATE PUMP p AS INSERT INTO parsed
SELECT STREAM id, CHAR_TO_DATE('yyyy-MM-dd', s), CHAR_TO_TIME('HH:mm:ss', SUBSTRING(s, 12)) FROM "SOURCE_SQL_STREAM_001" WHERE s LIKE '____-0_-__ __:__:__%';
