-- input: ticks.jsonl
-- a table function beside another stream: rows of one time meet
CREATE STREAM minutes (n BIGINT);
CREATE PUMP m AS INSERT INTO minutes SELECT STREAM COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY FLOOR(s.ROWTIME TO MINUTE);
CREATE STREAM o (item VARCHAR(1024), item_count BIGINT, n BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM t.item, t.item_count, m.n FROM TABLE(TOP_K_ITEMS_TUMBLING(CURSOR(SELECT STREAM * FROM "SOURCE_SQL_STREAM_001"), 'K', 2, 60)) AS t, minutes AS m;
