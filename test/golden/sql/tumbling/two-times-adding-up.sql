-- input: disorder.jsonl
-- schema: seen.schema.json
-- partial rows of a label, added up by a second pump once an hour
CREATE OR REPLACE STREAM partial (label TIMESTAMP, n BIGINT);
CREATE OR REPLACE PUMP pp AS INSERT INTO partial
SELECT STREAM STEP(s.seen BY INTERVAL '20' SECOND), COUNT(*)
FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY STEP(s.ROWTIME BY INTERVAL '20' SECOND), STEP(s.seen BY INTERVAL '20' SECOND);
CREATE OR REPLACE STREAM whole (label TIMESTAMP, parts BIGINT, n BIGINT);
CREATE OR REPLACE PUMP wp AS INSERT INTO whole
SELECT STREAM p.label, COUNT(*), SUM(p.n) FROM partial AS p GROUP BY p.label, FLOOR(p.ROWTIME TO HOUR);
