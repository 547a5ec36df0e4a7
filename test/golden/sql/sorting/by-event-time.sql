-- input: disorder.jsonl
-- schema: seen.schema.json
-- event-time: SEEN
-- T-sort: rows up to five seconds out of order are put right; older ones, and rows without a time, are errors
CREATE STREAM o (id INTEGER, w VARCHAR(8));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM s.seen AS ROWTIME, id, w FROM "SOURCE_SQL_STREAM_001" AS s ORDER BY s.seen WITHIN INTERVAL '5' SECOND;
