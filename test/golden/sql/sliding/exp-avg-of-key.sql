-- input: deals.jsonl
-- schema: deals.schema.json
-- older rows count by half-lives of ten seconds, within a minute and a key
CREATE OR REPLACE STREAM o (sym VARCHAR(8), qty INTEGER, e DOUBLE);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, t.qty, EXP_AVG(t.qty, INTERVAL '10' SECOND) OVER (PARTITION BY t.sym RANGE INTERVAL '1' MINUTE PRECEDING)
FROM "SOURCE_SQL_STREAM_001" AS t;
