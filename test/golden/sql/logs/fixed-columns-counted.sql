-- input: lines.jsonl
-- schema: lines.schema.json
-- fields of fixed places as keys of a window
CREATE OR REPLACE STREAM o (code VARCHAR(3), n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM q.code, COUNT(*) FROM (SELECT STREAM t.r.code FROM (SELECT STREAM FIXED_COLUMN_LOG_PARSE(s.text, 'code TYPE VARCHAR(3) START 0 FOR 3') AS r FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.kind = 'fixed') AS t) AS q
GROUP BY q.code, FLOOR(q.ROWTIME TO MINUTE);
