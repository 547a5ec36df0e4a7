-- input: amounts.jsonl
-- TINYINT and SMALLINT have their own bounds; an assignment into them fails outside
CREATE STREAM results (id INTEGER, ti TINYINT, si SMALLINT);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, i, j FROM "SOURCE_SQL_STREAM_001";
