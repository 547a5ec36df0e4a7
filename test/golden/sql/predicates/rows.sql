-- input: ticks.jsonl
-- schema: ticks.schema.json
-- comparisons of rows, NULL included
CREATE STREAM o (k VARCHAR(8), v INTEGER, eq BOOLEAN, ne BOOLEAN, lt BOOLEAN, le BOOLEAN, ge BOOLEAN, among BOOLEAN, same BOOLEAN, between2 BOOLEAN);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM k, v, (k, v) = ('b', 4), (k, v) <> ('b', 4), (k, v) < ('b', 4), (k, v) <= ROW('b', 4), (v, b) >= (b, v),
  (k, v) IN (('a', 1), ('b', NULL), ('c', 10)), (k, v) IS NOT DISTINCT FROM (NULL, 2), (v, 1) BETWEEN (1, 1) AND (5, 0)
FROM "SOURCE_SQL_STREAM_001";
