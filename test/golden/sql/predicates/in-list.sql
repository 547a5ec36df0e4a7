-- input: amounts.jsonl
-- a list that holds NULL never says FALSE
CREATE STREAM members (id INTEGER, a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN);
CREATE PUMP p AS INSERT INTO members
SELECT STREAM id, i IN (7, 2, 0), i IN (7, NULL), i NOT IN (7, NULL, 2), q IN (2.5, 4, 0.5) FROM "SOURCE_SQL_STREAM_001";
