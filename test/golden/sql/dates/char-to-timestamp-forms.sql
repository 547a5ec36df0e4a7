-- input: bookings.jsonl
-- names of months, twelve hours, missing fields: 1970, January, the first, midnight
CREATE STREAM parsed (id INTEGER, named TIMESTAMP, pm TIMESTAMP, german TIMESTAMP);
CREATE PUMP p AS INSERT INTO parsed
SELECT STREAM id, CASE WHEN s LIKE '%Mar%' THEN CHAR_TO_TIMESTAMP('dd-MMM-yyyy HH:mm', s) END, CASE WHEN s LIKE '%PM' THEN CHAR_TO_TIMESTAMP('dd/MM/yyyy hh:mm a', s) END,
  CASE WHEN s LIKE '%.2024' THEN CHAR_TO_TIMESTAMP('dd.MM.yyyy', s) WHEN s LIKE '__:__:__' THEN CHAR_TO_TIMESTAMP('HH:mm', s) END FROM "SOURCE_SQL_STREAM_001";
