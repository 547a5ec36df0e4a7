-- input: bookings.jsonl
-- covers: CAST of text
-- exactly yyyy-MM-dd HH:mm:ss, with a fraction or without; everything else is an error of its row
CREATE STREAM parsed (id INTEGER, t TIMESTAMP);
CREATE PUMP p AS INSERT INTO parsed SELECT STREAM id, CAST(s AS TIMESTAMP) FROM "SOURCE_SQL_STREAM_001";
