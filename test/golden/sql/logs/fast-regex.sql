-- input: lines.jsonl
-- schema: lines.schema.json
-- pieces as short as they can be, without backtracking: (.*)=(.*) cuts at the first sign; what does not match gives no row
CREATE OR REPLACE STREAM o (k VARCHAR(32), v VARCHAR(128));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.COLUMN1, t.r.COLUMN2 FROM (SELECT STREAM FAST_REGEX_LOG_PARSE(s.text, '(.*)=(.*)') AS r FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.kind = 'pairs') AS t;
