-- input: amounts.jsonl
-- where the promise is broken, a change in either direction closes the group, and a value that comes again opens another
CREATE STREAM o (tens INTEGER, n BIGINT);
CREATE PUMP p AS INSERT INTO o SELECT STREAM STEP(MONOTONIC(s.j) BY 10), COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.j IS NOT NULL GROUP BY STEP(MONOTONIC(s.j) BY 10);
