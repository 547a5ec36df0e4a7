-- input: ticks.jsonl
-- covers: several outputs, COUNT(x)
-- descriptions with quotes; they say nothing to the rows
CREATE STREAM o (n BIGINT) DESCRIPTION 'it''s counted';
CREATE PUMP p STOPPED DESCRIPTION '' AS INSERT INTO o SELECT STREAM COUNT(s.v) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY CEIL(s.ROWTIME TO MINUTE);
ALTER PUMP p START;
