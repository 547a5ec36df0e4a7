-- input: guests.jsonl
-- a start below 1 is an error of its row; behind the end nothing changes
CREATE STREAM replaced (id INTEGER, r VARCHAR(100));
CREATE PUMP p AS INSERT INTO replaced SELECT STREAM id, REGEX_REPLACE(note, 'a', 'A', n, 0) FROM "SOURCE_SQL_STREAM_001" WHERE n < 4 OR n = 16;
