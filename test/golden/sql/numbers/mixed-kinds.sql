-- input: amounts.jsonl
-- covers: mixed numeric kinds
-- an operand of a less precise kind is brought to the other: integer, DECIMAL, REAL, DOUBLE
CREATE STREAM results (id INTEGER, a BIGINT, b DOUBLE, c DOUBLE, d DOUBLE);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, ti + si, ti * d, q + d, r * d FROM "SOURCE_SQL_STREAM_001" WHERE id NOT IN (3, 4);
