-- input: deals.jsonl
-- schema: deals.schema.json
-- columns renamed by the list after the alias
CREATE STREAM o (what VARCHAR(8), amount INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM r.a, r.b * 2 FROM (SELECT STREAM t.sym, t.qty FROM "SOURCE_SQL_STREAM_001" AS t) AS r (a, b) WHERE r.b BETWEEN 1 AND 20;
