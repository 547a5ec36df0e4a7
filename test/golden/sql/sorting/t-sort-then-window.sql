-- input: disorder.jsonl
-- schema: seen.schema.json
-- event-time: SEEN
-- event time by the service's own means: a T-sort, then a tumbling window of the sorted times
CREATE STREAM sorted_rows (id INTEGER, w VARCHAR(8));
CREATE PUMP sp AS INSERT INTO sorted_rows
SELECT STREAM s.seen AS ROWTIME, s.id, s.w FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.seen IS NOT NULL ORDER BY s.seen WITHIN INTERVAL '12' SECOND;
CREATE STREAM o (w VARCHAR(8), n BIGINT, lo INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM r.w, COUNT(*), MIN(r.id) FROM sorted_rows AS r GROUP BY r.w, STEP(r.ROWTIME BY INTERVAL '30' SECOND);
