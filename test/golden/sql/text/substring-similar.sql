-- input: guests.jsonl
-- the middle of three parts; NULL where the whole does not match
CREATE STREAM vals (id INTEGER, v VARCHAR(60), between_x VARCHAR(60), middle VARCHAR(60));
CREATE PUMP p AS INSERT INTO vals
SELECT STREAM id, SUBSTRING(note SIMILAR 'key=#"%#";%' ESCAPE '#'), SUBSTRING(note SIMILAR 'x+#"[^x]*#"x+' ESCAPE '#'),
  SUBSTRING('key=val;' SIMILAR 'key=#"%#";' ESCAPE '#') FROM "SOURCE_SQL_STREAM_001";
