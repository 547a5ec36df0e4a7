-- input: deals.jsonl
-- schema: deals.schema.json
-- raw rows beside the results of a window: a result at its end comes before the rows of that instant when its pump is first
CREATE STREAM o (what VARCHAR(8), n BIGINT);
CREATE PUMP results AS INSERT INTO o SELECT STREAM 'minute', COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS t GROUP BY FLOOR(t.ROWTIME TO MINUTE);
CREATE PUMP raw AS INSERT INTO o SELECT STREAM t.sym, t.qty FROM "SOURCE_SQL_STREAM_001" AS t WHERE t.qty > 9;
