-- input: deals.jsonl
-- schema: deals.schema.json
-- an interval of several fields is a step like any other
CREATE OR REPLACE STREAM o (w TIMESTAMP, n BIGINT, q BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM STEP(t.ROWTIME BY INTERVAL '0:01:30' HOUR TO SECOND) AS w, COUNT(*), SUM(t.qty)
FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY STEP(t.ROWTIME BY INTERVAL '0:01:30' HOUR TO SECOND);
