-- input: access.jsonl
-- schema: access.schema.json
-- fields with names and lengths of their own
CREATE OR REPLACE STREAM o (host VARCHAR(32), who VARCHAR(16));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.host, t.r.who
FROM (SELECT STREAM REGEX_LOG_PARSE(s.text, '([^ ]+) [^ ]+ ([^ ]+) \[.*', 'host TYPE VARCHAR(32), who TYPE VARCHAR(16)') AS r FROM "SOURCE_SQL_STREAM_001" AS s) AS t
WHERE t.r.host IS NOT NULL;
