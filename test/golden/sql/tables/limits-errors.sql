-- input: ticks.jsonl
-- reference: limits=limits.csv
-- a division inside a join is an error of the pair
CREATE STREAM o (k VARCHAR(8), share INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.k, l.top / s.v FROM "SOURCE_SQL_STREAM_001" AS s JOIN "limits" AS l ON s.k = l.key;
