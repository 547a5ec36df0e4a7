-- input: lines.jsonl
-- schema: lines.schema.json
-- what was parsed is counted and added up
CREATE OR REPLACE STREAM o (n BIGINT, named BIGINT, s INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM COUNT(*), COUNT(q.name), SUM(q.n)
FROM (SELECT STREAM t.r.name, CAST(t.r.n AS INTEGER) AS n FROM (SELECT STREAM VARIABLE_COLUMN_LOG_PARSE(s.text, 'name TYPE VARCHAR(8), n TYPE VARCHAR(8)', ',') AS r FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.kind = 'csv' AND CHAR_LENGTH(s.text) > 8) AS t WHERE t.r.n <> '' AND t.r.n NOT LIKE '%"') AS q
GROUP BY FLOOR(q.ROWTIME TO HOUR);
