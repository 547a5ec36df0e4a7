-- input: amounts.jsonl
-- covers: mixed numeric kinds
-- no DECIMAL holds every BIGINT beside digits behind the point: both compare as they are, exactly, and no row fails
CREATE STREAM results (id INTEGER, lt BOOLEAN, le BOOLEAN, gt BOOLEAN, ge BOOLEAN, eq BOOLEAN, ne BOOLEAN, dist BOOLEAN, ranged BOOLEAN, one_of BOOLEAN, asked BOOLEAN, which INTEGER, other DECIMAL(18,2));
CREATE PUMP p AS INSERT INTO results
SELECT STREAM id, b < p, b <= q, b > 0.5, q >= b, p = b, b <> 100.00, b IS DISTINCT FROM p, b BETWEEN -0.5 AND p,
b IN (1.5, 9007199254740993, p), b IN (SELECT v.x FROM (VALUES (2.00), (1000000.00)) AS v (x)),
CASE b WHEN p THEN 1 WHEN 9223372036854775807 THEN 2 ELSE 3 END, NULLIF(p, b) FROM "SOURCE_SQL_STREAM_001";
