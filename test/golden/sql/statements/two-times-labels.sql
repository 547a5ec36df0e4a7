-- input: visits.jsonl
-- covers: two-time pattern
-- partial rows with one label add up to what the label has
CREATE STREAM parts (label TIMESTAMP, total BIGINT);
CREATE PUMP p AS INSERT INTO parts
SELECT STREAM FLOOR(s."ts" TO MINUTE), SUM(s."v") FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY FLOOR(s."ts" TO MINUTE), FLOOR(s.ROWTIME TO SECOND);
CREATE STREAM totals (label TIMESTAMP, total BIGINT);
CREATE PUMP q AS INSERT INTO totals SELECT STREAM p.label, SUM(p.total) FROM parts AS p GROUP BY p.label, FLOOR(p.ROWTIME TO HOUR);
