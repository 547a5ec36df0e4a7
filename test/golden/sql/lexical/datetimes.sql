-- input: bookings.jsonl
-- dates and times as they are written, with a fraction and without
CREATE STREAM o (id INTEGER, d DATE, t TIME, ts TIMESTAMP, frac TIMESTAMP, later BOOLEAN);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM id, DATE '2024-02-29', TIME '23:59:59.999', TIMESTAMP '1969-12-31 23:59:59', TIMESTAMP '2024-01-01 00:00:00.5', at1 > TIME '12:00:00' FROM "SOURCE_SQL_STREAM_001" WHERE d1 > DATE '2024-02-28';
