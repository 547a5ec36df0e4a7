-- input: deals.jsonl
-- schema: deals.schema.json
-- HAVING over a key and an aggregate; items are functions of both
CREATE OR REPLACE STREAM o (what VARCHAR(12), n BIGINT, worth DECIMAL(18,2));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM LOWER(t.sym) || '/' || t.side, COUNT(*), SUM(t.qty * t.price)
FROM "SOURCE_SQL_STREAM_001" AS t
WINDOWED BY STAGGER (PARTITION BY t.sym, t.side RANGE INTERVAL '2' MINUTE)
HAVING t.sym <> 'INIT' AND COUNT(*) >= 2;
