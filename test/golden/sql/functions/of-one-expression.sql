-- input: ticks.jsonl
-- schema: ticks.schema.json
-- bodies stand in place of calls; overloads by type; functions call functions, above and below
CREATE FUNCTION pct(part DOUBLE, whole DOUBLE) RETURNS DOUBLE CONTAINS SQL RETURNS NULL ON NULL INPUT RETURN 100 * part / whole;
CREATE STREAM o (k VARCHAR(20), p DOUBLE, q INTEGER, r VARCHAR(20), z INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM label(k), pct(d, CAST(v AS DOUBLE)), twice(v), twice(k), known(v, -1)
FROM "SOURCE_SQL_STREAM_001" WHERE known(v, 0) <> 0;
CREATE FUNCTION twice(x INTEGER) RETURNS INTEGER LANGUAGE SQL DETERMINISTIC RETURN x + x;
CREATE FUNCTION twice(x VARCHAR(10)) RETURNS VARCHAR(20) RETURN x || x;
CREATE FUNCTION label(x VARCHAR(10)) RETURNS VARCHAR(20) CALLED ON NULL INPUT RETURN CASE WHEN x IS NULL THEN 'none' ELSE twice(x) END;
CREATE FUNCTION known(x INTEGER, "default" INTEGER) RETURNS INTEGER RETURN COALESCE(x, "default");
