-- input: guests.jsonl
-- NULL on either side gives NULL; a CHAR comes without the padding that its length counts
CREATE STREAM joined (id INTEGER, a VARCHAR(100), b VARCHAR(100), c VARCHAR(20));
CREATE PUMP p AS INSERT INTO joined SELECT STREAM id, name || ': ' || note, COALESCE(name, '?') || '', code || '|' FROM "SOURCE_SQL_STREAM_001";
