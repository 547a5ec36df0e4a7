-- input: ticks.jsonl
-- VARCHAR without a length is as long as can be
CREATE STREAM o (a VARCHAR, b VARCHAR NOT NULL, c VARBINARY);
CREATE PUMP p AS INSERT INTO o SELECT STREAM k || k, 'x' || COALESCE(k, ''), X'00' FROM "SOURCE_SQL_STREAM_001" WHERE v > 4;
