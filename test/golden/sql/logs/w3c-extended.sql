-- input: access.jsonl
-- schema: access.schema.json
-- NCSA EXTENDED has the referer and the agent: lines without them do not match
CREATE OR REPLACE STREAM o (host VARCHAR(32), referer VARCHAR(64), agent VARCHAR(64));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.COLUMN1, t.r.COLUMN8, t.r.COLUMN9 FROM (SELECT STREAM W3C_LOG_PARSE(s.text, 'NCSA EXTENDED') AS r FROM "SOURCE_SQL_STREAM_001" AS s) AS t;
