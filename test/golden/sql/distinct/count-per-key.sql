-- input: deals.jsonl
-- schema: deals.schema.json
-- how many sides of each symbol there were in a minute: COUNT(DISTINCT) without its name
CREATE STREAM o (sym VARCHAR(8), sides BIGINT, rows_seen BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM d.sym, COUNT(d.side), COUNT(*)
FROM (SELECT STREAM DISTINCT FLOOR(t.ROWTIME TO MINUTE) AS m, t.sym, t.side FROM "SOURCE_SQL_STREAM_001" AS t) AS d
GROUP BY d.sym, d.m;
