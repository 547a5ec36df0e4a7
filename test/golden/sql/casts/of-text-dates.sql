-- input: bookings.jsonl
-- covers: CAST of text
-- dates and times of day, each only in its own form
CREATE STREAM dates (id INTEGER, d DATE);
CREATE STREAM times (id INTEGER, t TIME);
CREATE PUMP dates_pump AS INSERT INTO dates SELECT STREAM id, CAST(s AS DATE) FROM "SOURCE_SQL_STREAM_001" WHERE CHAR_LENGTH(s) = 10;
CREATE PUMP times_pump AS INSERT INTO times SELECT STREAM id, CAST(SUBSTRING(s FROM 12) AS TIME) FROM "SOURCE_SQL_STREAM_001" WHERE s LIKE '2024-0%';
