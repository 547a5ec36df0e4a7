-- input: amounts.jsonl
-- both signs, of every kind; minus the least integer is an error of its row
CREATE STREAM o (id INTEGER, a INTEGER, b DECIMAL(18,2), c DOUBLE, d INTEGER, e DOUBLE PRECISION, f BOOLEAN);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, -i, -p, - -d, +j, +CAST(q AS FLOAT), TRUE FROM "SOURCE_SQL_STREAM_001";
