-- input: visits.jsonl
-- schema: visits.schema.json
-- the two visitors that came most in 20 s; of equal ones the first seen
CREATE OR REPLACE STREAM "OUT" (item VARCHAR(1024), n BIGINT);
CREATE OR REPLACE PUMP out_pump AS INSERT INTO "OUT"
SELECT STREAM ITEM, ITEM_COUNT
FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 'user', 2, 20));
