-- input: spec-tumbling.jsonl
-- schema: spec-tumbling.schema.json
-- the example of the specification: the row on the minute opens the next window
CREATE OR REPLACE STREAM o (k VARCHAR(4), s INTEGER, n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM s.k, SUM(s.v), COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s.k, STEP(s.ROWTIME BY INTERVAL '1' MINUTE);
