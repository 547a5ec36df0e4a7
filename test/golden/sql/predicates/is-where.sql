-- input: amounts.jsonl
-- rows whose comparison is not known, or known to be false
CREATE STREAM kept (id INTEGER, why VARCHAR(10));
CREATE PUMP p AS INSERT INTO kept
SELECT STREAM id, CASE WHEN (i > j) IS UNKNOWN THEN 'unknown' WHEN (d < e) IS FALSE THEN 'not below' ELSE 'flag' END FROM "SOURCE_SQL_STREAM_001"
WHERE (i > j) IS UNKNOWN OR (d < e) IS FALSE OR (f AND g) IS TRUE;
