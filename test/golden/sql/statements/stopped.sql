-- input: ticks.jsonl
-- covers: readers of one stream
-- a stopped pump moves nothing; one that is started, by word or later, does
CREATE STREAM o (k VARCHAR(8), which INTEGER);
CREATE PUMP idle STOPPED DESCRIPTION 'never' AS INSERT INTO o SELECT STREAM k, 1 FROM "SOURCE_SQL_STREAM_001";
CREATE PUMP busy STARTED AS INSERT INTO o SELECT STREAM k, 2 FROM "SOURCE_SQL_STREAM_001" WHERE v > 5;
CREATE PUMP woken STOPPED AS INSERT INTO o SELECT STREAM k, 3 FROM "SOURCE_SQL_STREAM_001" WHERE v > 8;
ALTER PUMP woken START;
