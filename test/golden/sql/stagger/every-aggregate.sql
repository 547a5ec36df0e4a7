-- input: deals.jsonl
-- schema: deals.schema.json
-- a minute of each symbol from its first row on; windows of different symbols overlap and close on their own
CREATE OR REPLACE STREAM o (sym VARCHAR(8), n BIGINT, nq BIGINT, q BIGINT, a INTEGER, lo DECIMAL(10,2), hi DECIMAL(10,2), f DOUBLE, vp DOUBLE, vs DOUBLE, sp DOUBLE, ss DOUBLE, fv VARCHAR(1), lv VARCHAR(1), an BOOLEAN, ev BOOLEAN);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, COUNT(*), COUNT(t.qty), SUM(t.qty), AVG(t.qty), MIN(t.price), MAX(t.price), SUM(t.fee), VAR_POP(t.qty), VAR_SAMP(t.qty), STDDEV_POP(t.qty), STDDEV_SAMP(t.qty),
  FIRST_VALUE(t.side), LAST_VALUE(t.side), ANY(t.qty > 50), EVERY(t.qty > 0)
FROM "SOURCE_SQL_STREAM_001" AS t
WINDOWED BY STAGGER (PARTITION BY t.sym RANGE INTERVAL '1' MINUTE);
