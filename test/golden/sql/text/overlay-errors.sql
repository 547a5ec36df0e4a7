-- input: guests.jsonl
-- a negative length is an error of its row
CREATE STREAM laid (id INTEGER, a VARCHAR(60));
CREATE PUMP p AS INSERT INTO laid SELECT STREAM id, OVERLAY(note PLACING '<>' FROM 2 FOR n) FROM "SOURCE_SQL_STREAM_001" WHERE n < 2;
