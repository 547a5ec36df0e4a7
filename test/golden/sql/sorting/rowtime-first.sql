-- input: ticks.jsonl
-- schema: ticks.schema.json
-- rows of one time are sorted among themselves and keep it; ordinals, aliases and expressions that are not selected
CREATE STREAM o (k VARCHAR(8), twice INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM k, v * 2 AS twice FROM "SOURCE_SQL_STREAM_001" AS s ORDER BY s.ROWTIME, 1 DESC NULLS LAST, twice, m + 1;
