-- input: access.jsonl
-- schema: access.schema.json
-- the common format: one field a specifier, quotes taken off, brackets kept; the last field takes what is left of the line
CREATE OR REPLACE STREAM o (host VARCHAR(32), who VARCHAR(16), at_time VARCHAR(32), request VARCHAR(64), status VARCHAR(8), size_bytes VARCHAR(64));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.COLUMN1, t.r.COLUMN3, t.r.COLUMN4, t.r.COLUMN5, t.r.COLUMN6, t.r.COLUMN7
FROM (SELECT STREAM W3C_LOG_PARSE(s.text, 'COMMON') AS r FROM "SOURCE_SQL_STREAM_001" AS s) AS t;
