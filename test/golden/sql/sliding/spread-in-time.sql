-- input: deals.jsonl
-- schema: deals.schema.json
-- variance and deviation over a minute: NULL without values, and of samples with one value
CREATE OR REPLACE STREAM o (sym VARCHAR(8), vp DOUBLE, vs DOUBLE, sp DOUBLE, ss DOUBLE);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, VAR_POP(t.price) OVER w, VAR_SAMP(t.price) OVER w, STDDEV_POP(t.price) OVER w, STDDEV_SAMP(t.price) OVER w
FROM "SOURCE_SQL_STREAM_001" AS t WINDOW w AS (PARTITION BY t.sym RANGE INTERVAL '1' MINUTE PRECEDING);
