-- input: bookings.jsonl
-- covers: datetime +- interval
-- months and years by the calendar: the last day of a month stays in its month
CREATE STREAM moved (id INTEGER, a TIMESTAMP, b TIMESTAMP, c DATE, d DATE);
CREATE PUMP p AS INSERT INTO moved
SELECT STREAM id, t1 + INTERVAL '1' MONTH, t1 - INTERVAL '1' YEAR, d1 + INTERVAL '1-1' YEAR TO MONTH, d1 - INTERVAL '2' MONTH FROM "SOURCE_SQL_STREAM_001";
