-- input: ticks.jsonl
-- schema: ticks.schema.json
-- a function of ROWTIME closes windows as its body does
CREATE FUNCTION minute_of(t TIMESTAMP) RETURNS TIMESTAMP RETURN FLOOR(t TO MINUTE);
CREATE FUNCTION span_of(lo INTEGER, hi INTEGER) RETURNS INTEGER RETURNS NULL ON NULL INPUT RETURN hi - lo;
CREATE STREAM o (at_minute TIMESTAMP, k VARCHAR(8), width INTEGER);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM minute_of(s.ROWTIME), s.k, span_of(MIN(s.v), MAX(s.v)) FROM "SOURCE_SQL_STREAM_001" AS s
GROUP BY s.k, minute_of(s.ROWTIME) HAVING span_of(MIN(s.v), MAX(s.v)) IS NULL OR span_of(MIN(s.v), MAX(s.v)) < 5;
