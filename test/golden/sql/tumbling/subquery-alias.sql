-- input: deals.jsonl
-- schema: deals.schema.json
-- grouping on the alias of a floored ROWTIME of a subquery
CREATE OR REPLACE STREAM o (w TIMESTAMP, sym VARCHAR(8), worth DECIMAL(18,2));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM q.w, q.sym, SUM(q.worth)
FROM (SELECT STREAM FLOOR(t.ROWTIME TO MINUTE) AS w, t.sym, t.qty * t.price AS worth FROM "SOURCE_SQL_STREAM_001" AS t WHERE t.sym IS NOT NULL) AS q
GROUP BY q.w, q.sym;
