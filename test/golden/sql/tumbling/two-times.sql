-- input: seen.jsonl
-- schema: seen.schema.json
-- the label is the event's minute, the window that of arrival: a late row makes a second, partial row of its label
CREATE OR REPLACE STREAM o (label TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM STEP(s.seen BY INTERVAL '1' MINUTE), COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY STEP(s.ROWTIME BY INTERVAL '1' MINUTE), STEP(s.seen BY INTERVAL '1' MINUTE);
