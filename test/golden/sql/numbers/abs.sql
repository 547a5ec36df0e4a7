-- input: amounts.jsonl
-- ABS keeps the kind; the least integer has none
CREATE STREAM results (id INTEGER, a INTEGER, b BIGINT, c DECIMAL(18,2), d DOUBLE, e REAL);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, ABS(i), ABS(b), ABS(p), ABS(d), ABS(r) FROM "SOURCE_SQL_STREAM_001" WHERE id <> 4;
