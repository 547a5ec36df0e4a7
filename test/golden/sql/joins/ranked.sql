-- input: purchases.jsonl
-- schema: purchases.schema.json
-- a table function in a comma join: ranks of one ROWTIME beside the rows that have it
CREATE OR REPLACE STREAM o (cust VARCHAR(8), "place" INTEGER, kind VARCHAR(8));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM g.cust, g."place", s.kind
FROM TABLE(GROUP_RANK(CURSOR(SELECT STREAM cust, amt FROM "SOURCE_SQL_STREAM_001" WHERE amt IS NOT NULL), 'AMT', 'place', 'desc', 'asc', 0, 0)) AS g, "SOURCE_SQL_STREAM_001" AS s
WHERE s.cust = g.cust;
