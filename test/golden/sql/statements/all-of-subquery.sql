-- input: ticks.jsonl
-- covers: chained pumps
-- * of a subquery
CREATE STREAM o (k VARCHAR(8), half INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM x.* FROM (SELECT STREAM k, v / 2 AS half FROM "SOURCE_SQL_STREAM_001") AS x WHERE x.half > 1;
CREATE STREAM next_o (k VARCHAR(8), half INTEGER);
CREATE PUMP q AS INSERT INTO next_o SELECT STREAM * FROM o;
