-- input: calendar.jsonl
-- schema: calendar.schema.json
-- windows of forty days from the first row of a key
CREATE OR REPLACE STREAM o (k VARCHAR(4), n BIGINT, s INTEGER);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM c.k, COUNT(*), SUM(c.n)
FROM "SOURCE_SQL_STREAM_001" AS c WINDOWED BY STAGGER (PARTITION BY c.k RANGE INTERVAL '40' DAY);
