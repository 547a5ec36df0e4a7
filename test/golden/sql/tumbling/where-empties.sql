-- input: deals.jsonl
-- schema: deals.schema.json
-- WHERE is before the window: minutes whose rows are all refused give no row
CREATE OR REPLACE STREAM o (n BIGINT, q BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM COUNT(*), SUM(t.qty) FROM "SOURCE_SQL_STREAM_001" AS t
WHERE t.sym = 'INIT' AND t.price BETWEEN 0.02 AND 0.05
GROUP BY FLOOR(t.ROWTIME TO MINUTE);
