-- input: deals.jsonl
-- schema: deals.schema.json
-- groups of one instant, shown a second later: they leave at their own time all the same
CREATE OR REPLACE STREAM o (later TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.ROWTIME + INTERVAL '1' SECOND, COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY t.ROWTIME + INTERVAL '1' SECOND;
