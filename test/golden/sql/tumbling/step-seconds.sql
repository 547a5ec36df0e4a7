-- input: deals.jsonl
-- schema: deals.schema.json
-- ten seconds and every aggregate of section 11.1 that GROUP BY takes; a row at 09:58:10.000 opens the next window
CREATE OR REPLACE STREAM per_ten (sym VARCHAR(8), n BIGINT, nq BIGINT, q BIGINT, aq INTEGER, p DECIMAL(18,2), ap DECIMAL(18,2), lo DECIMAL(10,2), hi DECIMAL(10,2), f DOUBLE);
CREATE OR REPLACE PUMP per_ten_pump AS INSERT INTO per_ten
SELECT STREAM t.sym, COUNT(*), COUNT(t.qty), SUM(t.qty), AVG(t.qty), SUM(t.price), AVG(t.price), MIN(t.price), MAX(t.price), SUM(t.fee)
FROM "SOURCE_SQL_STREAM_001" AS t
GROUP BY t.sym, STEP(t.ROWTIME BY INTERVAL '10' SECOND);
