-- input: guests.jsonl
-- all matches, one of them, from a place on, with groups
CREATE STREAM replaced (id INTEGER, all_digits VARCHAR(100), second_a VARCHAR(100), later VARCHAR(100), swapped VARCHAR(100));
CREATE PUMP p AS INSERT INTO replaced
SELECT STREAM id, REGEX_REPLACE(note, '[0-9]+', '#', 1, 0), REGEX_REPLACE(note, 'a', '<a>', 1, 2), REGEX_REPLACE(note, 'a', 'A', 4, 0),
  REGEX_REPLACE(note, '(\w+)=(\w+)', '$2=$1', 1, 0)
FROM "SOURCE_SQL_STREAM_001";
