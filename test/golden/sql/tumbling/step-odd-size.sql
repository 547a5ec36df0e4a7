-- input: deals.jsonl
-- schema: deals.schema.json
-- seven minutes do not divide the hour: windows count from 1970, not from the hour
CREATE OR REPLACE STREAM o (w TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM STEP(t.ROWTIME BY INTERVAL '7' MINUTE), COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY STEP(t.ROWTIME BY INTERVAL '7' MINUTE);
