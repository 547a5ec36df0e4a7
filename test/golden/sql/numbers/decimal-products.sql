-- input: amounts.jsonl
-- covers: DECIMAL arithmetic, mixed numeric kinds
-- prices with tax; an INTEGER counts as DECIMAL beside one; assignment rounds to the scale, half away from zero
CREATE STREAM priced (id INTEGER, gross DECIMAL(12,2), times_i DECIMAL(18,4), cents INTEGER);
CREATE PUMP p AS INSERT INTO priced
SELECT STREAM id, q * 1.19, q * ti, q * 100 FROM "SOURCE_SQL_STREAM_001";
