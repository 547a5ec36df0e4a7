-- input: deals.jsonl
-- schema: deals.schema.json
-- a function of the user inside and outside of aggregates, and one of another
CREATE FUNCTION signed(side VARCHAR(1), qty INTEGER) RETURNS INTEGER CONTAINS SQL RETURNS NULL ON NULL INPUT RETURN CASE side WHEN 'B' THEN qty ELSE -qty END;
CREATE FUNCTION per(part BIGINT, whole BIGINT) RETURNS DOUBLE CONTAINS SQL CALLED ON NULL INPUT RETURN CASE WHEN whole IS NULL OR whole = 0 THEN 0.0E0 ELSE 100 * CAST(part AS DOUBLE) / whole END;
CREATE OR REPLACE STREAM o (sym VARCHAR(8), net INTEGER, share DOUBLE);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, SUM(signed(t.side, t.qty)), per(COUNT(t.qty), COUNT(*)) FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY t.sym, FLOOR(t.ROWTIME TO MINUTE);
