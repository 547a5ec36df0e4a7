-- input: ticks.jsonl
-- covers: quote in a quoted name
-- a quote is doubled in its own kind of quotes, and only there
CREATE STREAM "o" ("""" VARCHAR(20), "it's" VARCHAR(20));
CREATE PUMP p AS INSERT INTO "o" SELECT STREAM 'it''s "' || k AS """", '''' AS "it's" FROM "SOURCE_SQL_STREAM_001" WHERE v > 6;
