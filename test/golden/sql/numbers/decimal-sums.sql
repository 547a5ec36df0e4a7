-- input: amounts.jsonl
-- covers: DECIMAL arithmetic, DECIMAL of 18 digits
-- DECIMAL is exact at 18 digits; the scale of a sum is the larger one, of a product the sum of both
CREATE STREAM results (id INTEGER, p DECIMAL(18,2), plus DECIMAL(18,4), minus DECIMAL(18,2), times DECIMAL(18,4), neg DECIMAL(18,2));
CREATE PUMP p AS INSERT INTO results
SELECT STREAM id, p, q + 0.5, p - 0.01, q * 1.0, -p FROM "SOURCE_SQL_STREAM_001" WHERE id <> 4;
