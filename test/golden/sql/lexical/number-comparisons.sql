-- input: ticks.jsonl
-- literals of each kind against columns of each kind
CREATE STREAM o (k VARCHAR(8), a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN);
CREATE PUMP p AS INSERT INTO o SELECT STREAM k, v = 1.0, d = 5e-1, m > 2.5, b >= 4.5E0 FROM "SOURCE_SQL_STREAM_001";
