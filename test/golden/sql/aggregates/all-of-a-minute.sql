-- input: deals.jsonl
-- schema: deals.schema.json
-- every aggregate over one key that is NULL, empty groups of values among them
CREATE STREAM o (sym VARCHAR(8), n BIGINT, nq BIGINT, s BIGINT, sd BIGINT, cd BIGINT, a INTEGER, lo INTEGER, hi INTEGER, vp DOUBLE, vs DOUBLE, sp DOUBLE, ss DOUBLE, v1 DOUBLE, s1 DOUBLE);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, COUNT(*), COUNT(t.qty), SUM(t.qty), SUM(DISTINCT t.qty), COUNT(DISTINCT t.qty), AVG(t.qty), MIN(t.qty), MAX(t.qty),
  VAR_POP(t.qty), VAR_SAMP(t.qty), STDDEV_POP(t.qty), STDDEV_SAMP(t.qty), VARIANCE(t.qty), STDDEV(t.qty)
FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY t.sym, FLOOR(t.ROWTIME TO MINUTE);
