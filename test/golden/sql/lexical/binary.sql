-- input: ticks.jsonl
-- bytes in hexadecimal; empty ones too
CREATE STREAM o (k VARCHAR(8), a VARBINARY(4), b VARBINARY(4), same BOOLEAN);
CREATE PUMP p AS INSERT INTO o SELECT STREAM k, X'3F67', x'', X'3f67' = X'3F67' FROM "SOURCE_SQL_STREAM_001" WHERE v > 7;
