-- input: ticks.jsonl
-- covers: name with a prefix, contextual keyword as a name
-- a stream is the same with a prefix and without; a column may be called pump, window words are names too
CREATE STREAM app.o (pump VARCHAR(8), description INTEGER, preceding INTEGER);
CREATE PUMP app.p AS INSERT INTO o SELECT STREAM stagger.k, stagger.v, following.preceding FROM
(SELECT STREAM k, v, v + 1 AS preceding FROM x.y."SOURCE_SQL_STREAM_001") AS stagger, (VALUES (1)) AS unbounded (n), (VALUES (2)) AS following (preceding);
