-- input: bookings.jsonl
-- hours of 24 and months of 13 do not exist; nothing after the pattern matters
CREATE STREAM dates (id INTEGER, d DATE);
CREATE STREAM times (id INTEGER, t TIME);
CREATE PUMP dates_pump AS INSERT INTO dates SELECT STREAM id, CHAR_TO_DATE('yyyy-MM-dd', s) FROM "SOURCE_SQL_STREAM_001" WHERE id > 8;
CREATE PUMP times_pump AS INSERT INTO times SELECT STREAM id, CHAR_TO_TIME('HH:mm', SUBSTRING(s FROM 12)) FROM "SOURCE_SQL_STREAM_001" WHERE id > 8;
