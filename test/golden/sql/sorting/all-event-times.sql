-- input: disorder.jsonl
-- schema: seen.schema.json
-- event-time: SEEN
-- with room for all the disorder there is, a T-sort is a sort
CREATE STREAM o (id INTEGER, n INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM s.seen AS ROWTIME, id, id + 1 FROM "SOURCE_SQL_STREAM_001" AS s WHERE seen IS NOT NULL ORDER BY s.seen WITHIN INTERVAL '12' SECOND;
