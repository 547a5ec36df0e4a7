-- input: bookings.jsonl
-- ages against the start, and against each row's time
CREATE STREAM ages (id INTEGER, since_start BIGINT, since_row BIGINT, is_past BOOLEAN, is_before_today BOOLEAN, is_early BOOLEAN);
CREATE PUMP p AS INSERT INTO ages
SELECT STREAM id, TSDIFF(CURRENT_TIMESTAMP, t1), TSDIFF(CURRENT_ROW_TIMESTAMP, t1), t1 < LOCALTIMESTAMP, d1 < CURRENT_DATE, at1 > CURRENT_TIME FROM "SOURCE_SQL_STREAM_001";
