-- input: lines.jsonl
-- schema: lines.schema.json
-- numbers by their place: text that is no number is an error row
CREATE OR REPLACE STREAM o (code VARCHAR(3), num INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.code, t.r.num
FROM (SELECT STREAM FIXED_COLUMN_LOG_PARSE(s.text, 'code TYPE VARCHAR(3) START 0 FOR 3, num TYPE INTEGER START 3 FOR 3') AS r FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.kind = 'fixed') AS t;
