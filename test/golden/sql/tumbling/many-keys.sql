-- input: disorder.jsonl
-- schema: seen.schema.json
-- three keys, NULL equal to NULL in each
CREATE OR REPLACE STREAM o (w VARCHAR(8), odd INTEGER, known BOOLEAN, n BIGINT, lo INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM s.w, MOD(s.id, 2), s.seen IS NULL, COUNT(*), MIN(s.id)
FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s.w, MOD(s.id, 2), s.seen IS NULL, STEP(s.ROWTIME BY INTERVAL '40' SECOND);
