-- input: ticks.jsonl
-- what stands in quotes is no comment
CREATE STREAM o ("-- a" VARCHAR(20), "/*" VARCHAR(20), c INTEGER); // plain
CREATE PUMP p AS INSERT INTO o SELECT STREAM k || '-- no', '/* no */' /* yes */, v - -1 FROM "SOURCE_SQL_STREAM_001" WHERE k <> '//'; --
