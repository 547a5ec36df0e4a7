-- input: amounts.jsonl
-- TINYINT and SMALLINT count as integers and keep their bounds
CREATE STREAM results (id INTEGER, ti TINYINT, si SMALLINT, total INTEGER, half TINYINT, rest SMALLINT);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, ti, si, ti + si, ti / 2, MOD(si, 7) FROM "SOURCE_SQL_STREAM_001" WHERE id NOT IN (3, 4);
