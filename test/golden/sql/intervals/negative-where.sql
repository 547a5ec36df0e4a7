-- input: bookings.jsonl
-- bookings that end more than a day before they begin
CREATE STREAM wrong (id INTEGER);
CREATE PUMP p AS INSERT INTO wrong SELECT STREAM id FROM "SOURCE_SQL_STREAM_001" WHERE (t2 - t1) DAY(5) TO SECOND < INTERVAL -'1' DAY OR t1 + INTERVAL -'1' MINUTE = t2;
