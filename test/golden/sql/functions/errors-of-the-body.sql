-- input: ticks.jsonl
-- schema: ticks.schema.json
-- what fails in a body is told with the place in the body
CREATE FUNCTION ratio(a INTEGER, b INTEGER) RETURNS INTEGER RETURN
  a / b;
CREATE STREAM o (x INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM ratio(100, v) FROM "SOURCE_SQL_STREAM_001";
