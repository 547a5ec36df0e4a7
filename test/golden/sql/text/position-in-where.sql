-- input: guests.jsonl
-- notes with a percent sign, wherever it stands
CREATE STREAM percents (id INTEGER, at_place INTEGER);
CREATE PUMP p AS INSERT INTO percents SELECT STREAM id, POSITION('%' IN note) FROM "SOURCE_SQL_STREAM_001" WHERE POSITION('%' IN note) > 0;
