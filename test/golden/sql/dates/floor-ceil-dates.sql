-- input: bookings.jsonl
-- dates and times of day round too
CREATE STREAM rounded (id INTEGER, m DATE, y DATE, h TIME, s TIME);
CREATE PUMP p AS INSERT INTO rounded SELECT STREAM id, FLOOR(d1 TO MONTH), CEIL(d1 TO YEAR), FLOOR(at1 TO HOUR), FLOOR(at1 TO SECOND) FROM "SOURCE_SQL_STREAM_001";
