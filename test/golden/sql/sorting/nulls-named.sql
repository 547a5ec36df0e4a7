-- input: deals.jsonl
-- schema: deals.schema.json
-- NULLS FIRST and LAST where a program says so; ties keep their order of arrival
CREATE STREAM o (fee DOUBLE, qty INTEGER, line_side VARCHAR(1));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM t.fee, t.qty, t.side FROM "SOURCE_SQL_STREAM_001" AS t
ORDER BY STEP(t.ROWTIME BY INTERVAL '2' MINUTE), t.side NULLS FIRST, t.qty DESC NULLS LAST;
