-- input: bookings.jsonl
-- the time at which the program started, the same in every row; the tests' clock of rows is ROWTIME
CREATE STREAM clocks (id INTEGER, a TIMESTAMP, b TIMESTAMP, c DATE, d TIME, e TIME, f TIMESTAMP);
CREATE PUMP p AS INSERT INTO clocks
SELECT STREAM id, CURRENT_TIMESTAMP, LOCALTIMESTAMP, CURRENT_DATE, CURRENT_TIME, LOCALTIME, CURRENT_ROW_TIMESTAMP FROM "SOURCE_SQL_STREAM_001" WHERE id < 4;
