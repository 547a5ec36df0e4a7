-- input: bookings.jsonl
-- covers: AS ROWTIME
-- a row takes its time from a column; what lies before the rows that have left is late
CREATE STREAM o (id INTEGER, ms BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM t1 AS ROWTIME, id, ms FROM "SOURCE_SQL_STREAM_001" WHERE t1 IS NOT NULL;
