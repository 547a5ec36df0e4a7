-- input: deals.jsonl
-- schema: deals.schema.json
-- a constant beside the term changes what is selected, not how rows are grouped
CREATE OR REPLACE STREAM o (shown TIMESTAMP, sym VARCHAR(8), n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM STEP(t.ROWTIME BY INTERVAL '30' SECOND) + INTERVAL '5' MINUTE, t.sym, COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY STEP(t.ROWTIME BY INTERVAL '30' SECOND) + INTERVAL '5' MINUTE, t.sym;
