-- input: guests.jsonl
-- empty texts become NULL, and unknown again something
CREATE STREAM results (id INTEGER, a VARCHAR(60), b VARCHAR(60), c CHAR(6));
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, NULLIF(note, ''), COALESCE(NULLIF(TRIM(name), ''), '(none)'), NULLIF(code, 'CD') FROM "SOURCE_SQL_STREAM_001";
