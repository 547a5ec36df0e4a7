-- input: bookings.jsonl
-- times, dates and times of day
CREATE STREAM compared (id INTEGER, a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN);
CREATE PUMP p AS INSERT INTO compared
SELECT STREAM id, t1 <= t2, t1 != t2, d1 >= DATE '2024-01-01', at1 < TIME '12:00:00' FROM "SOURCE_SQL_STREAM_001";
