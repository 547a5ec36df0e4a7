-- input: deals.jsonl
-- schema: deals.schema.json
-- seconds since the epoch, divided and floored: the way a step of ten seconds was written before STEP
CREATE OR REPLACE STREAM o (sym VARCHAR(8), n BIGINT, hi DECIMAL(10,2));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, COUNT(*), MAX(t.price)
FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY t.sym, FLOOR((t.ROWTIME - TIMESTAMP '1970-01-01 00:00:00') SECOND / 10 TO SECOND);
