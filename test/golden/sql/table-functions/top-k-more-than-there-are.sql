-- input: deals.jsonl
-- schema: deals.schema.json
-- k greater than the items: all of them
CREATE OR REPLACE STREAM "OUT" (item VARCHAR(1024), n DOUBLE);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM t.ITEM, t.ITEM_COUNT FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM side || '/' || sym AS what FROM "SOURCE_SQL_STREAM_001" WHERE qty > 0), 'WHAT', 100, 120)) AS t;
