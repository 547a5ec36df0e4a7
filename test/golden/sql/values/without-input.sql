-- input: empty.jsonl
-- schema: ticks.schema.json
-- without a record the time is that of the start, and a window over such rows closes at the end
CREATE STREAM a (x INTEGER);
CREATE STREAM o (n BIGINT, s BIGINT);
INSERT INTO a VALUES (1), (2), (NULL);
CREATE PUMP p AS INSERT INTO o SELECT STREAM COUNT(*), SUM(a.x) FROM a GROUP BY STEP(a.ROWTIME BY INTERVAL '1' MINUTE);
