-- input: purchases.jsonl
-- schema: purchases.schema.json
-- counts of the whole stream beside each window's own count, both known at the window's end
CREATE OR REPLACE STREAM total (n BIGINT);
CREATE OR REPLACE PUMP tp AS INSERT INTO total SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
CREATE OR REPLACE STREAM o (cust VARCHAR(8), n BIGINT, total BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM k.ITEM, k.ITEM_COUNT, t.n
FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM cust FROM "SOURCE_SQL_STREAM_001"), 'CUST', 1, 60)) AS k, total AS t;
