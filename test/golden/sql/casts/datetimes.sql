-- input: bookings.jsonl
-- covers: CAST of datetimes
-- a timestamp has a date and a time of day; a date is its midnight
CREATE STREAM casts (id INTEGER, d DATE, t TIME, midnight TIMESTAMP, same TIMESTAMP);
CREATE PUMP p AS INSERT INTO casts SELECT STREAM id, CAST(t1 AS DATE), CAST(t1 AS TIME), CAST(d1 AS TIMESTAMP), CAST(t1 AS TIMESTAMP) FROM "SOURCE_SQL_STREAM_001";
