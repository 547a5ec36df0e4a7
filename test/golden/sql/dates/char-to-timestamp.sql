-- input: bookings.jsonl
-- a pattern need match only the beginning; what does not match is an error of its row
CREATE STREAM parsed (id INTEGER, t TIMESTAMP);
CREATE PUMP p AS INSERT INTO parsed SELECT STREAM id, CHAR_TO_TIMESTAMP('yyyy-MM-dd HH:mm:ss', s) FROM "SOURCE_SQL_STREAM_001";
