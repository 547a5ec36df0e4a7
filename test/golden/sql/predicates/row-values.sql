-- input: amounts.jsonl
-- pairs are compared from the left; NULL counts only where the members before it are equal
CREATE STREAM compared (id INTEGER, a BOOLEAN, b BOOLEAN, c BOOLEAN);
CREATE PUMP p AS INSERT INTO compared
SELECT STREAM id, (i, j) = (7, 2), (i, j) IN ((7, 2), (0, 5), (2, 0)), (i, j) <> (2, 0) FROM "SOURCE_SQL_STREAM_001";
