-- input: bookings.jsonl
-- parts that are put together again
CREATE STREAM parsed (id INTEGER, d DATE, t TIME);
CREATE PUMP p AS INSERT INTO parsed
SELECT STREAM id, CHAR_TO_DATE('yyyyMMdd', DATE_TO_CHAR('yyyyMMdd', d1)), CHAR_TO_TIME('HHmmss', TIME_TO_CHAR('HHmmss', at1)) FROM "SOURCE_SQL_STREAM_001";
