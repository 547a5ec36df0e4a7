-- input: calendar.jsonl
-- schema: calendar.schema.json
-- windows far apart: one row each, none for the months between
CREATE OR REPLACE STREAM o (k VARCHAR(4), n INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM c.k, SUM(c.n) FROM "SOURCE_SQL_STREAM_001" AS c
GROUP BY c.k, STEP(c.ROWTIME BY INTERVAL '1' SECOND);
