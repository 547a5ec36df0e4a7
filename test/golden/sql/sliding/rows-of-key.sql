-- input: deals.jsonl
-- schema: deals.schema.json
-- rows are counted within the partition; NULL is a partition
CREATE OR REPLACE STREAM o (sym VARCHAR(8), price DECIMAL(10,2), move DECIMAL(18,2), mean DECIMAL(18,2), n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.sym, t.price, t.price - LAG(t.price) OVER w, AVG(t.price) OVER w, COUNT(t.price) OVER w
FROM "SOURCE_SQL_STREAM_001" AS t WINDOW w AS (PARTITION BY t.sym ROWS 2 PRECEDING);
