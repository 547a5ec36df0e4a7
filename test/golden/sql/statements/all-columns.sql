-- input: ticks.jsonl
-- covers: SELECT without STREAM
-- * and alias.* are the columns of the stream, without ROWTIME
CREATE STREAM o (arrival TIMESTAMP, k VARCHAR(8), v INTEGER, d DOUBLE, m DECIMAL(10,2), b BIGINT, f BOOLEAN, twice INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT s.*, s.v * 2 FROM "SOURCE_SQL_STREAM_001" AS s WHERE v > 3;
