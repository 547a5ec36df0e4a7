-- input: deals.jsonl
-- schema: deals.schema.json
-- windows of a minute that begin at the quarter: the term is shifted inside
CREATE OR REPLACE STREAM o (began TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM FLOOR(t.ROWTIME - INTERVAL '15' SECOND TO MINUTE) + INTERVAL '15' SECOND, COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY FLOOR(t.ROWTIME - INTERVAL '15' SECOND TO MINUTE);
