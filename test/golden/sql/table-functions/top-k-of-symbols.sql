-- input: deals.jsonl
-- schema: deals.schema.json
-- the two commonest symbols of each minute; a tie goes to the first seen, NULL is no item
CREATE OR REPLACE STREAM "OUT" (item VARCHAR(1024), n INTEGER);
CREATE OR REPLACE PUMP op AS INSERT INTO "OUT"
SELECT STREAM ITEM, ITEM_COUNT FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 'SYM', 2, 60));
