-- input: deals.jsonl
-- schema: deals.schema.json
-- least and greatest of texts, times, decimals, doubles and dates
CREATE STREAM o (a VARCHAR(8), b VARCHAR(8), c TIMESTAMP, d TIMESTAMP, e DECIMAL(10,2), f DOUBLE, g DATE, h TIME);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM MIN(t.sym), MAX(t.sym), MIN(t."arrival"), MAX(t."arrival"), MAX(t.price), MIN(t.fee), MAX(CAST(t."arrival" AS DATE)), MIN(CAST(t."arrival" AS TIME))
FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY STEP(t.ROWTIME BY INTERVAL '2' MINUTE);
