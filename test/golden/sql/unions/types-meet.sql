-- input: deals.jsonl
-- schema: deals.schema.json
-- an INTEGER and a DECIMAL side, a short and a long text: the column has the type of both
CREATE STREAM o (label VARCHAR(12), amount DECIMAL(12,2));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM 'qty' AS label, qty AS amount FROM "SOURCE_SQL_STREAM_001" WHERE sym = 'GLOB' UNION ALL SELECT STREAM 'price each', price FROM "SOURCE_SQL_STREAM_001" WHERE sym = 'GLOB';
