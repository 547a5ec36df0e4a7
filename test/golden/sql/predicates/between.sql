-- input: amounts.jsonl
-- both ends belong; an end that is NULL leaves the answer open unless the other end settles it
CREATE STREAM ranges (id INTEGER, a BOOLEAN, b BOOLEAN, c BOOLEAN, d BOOLEAN);
CREATE PUMP p AS INSERT INTO ranges
SELECT STREAM id, i BETWEEN -7 AND 9, i NOT BETWEEN j AND 100, d BETWEEN e AND 1000, q BETWEEN 0.5 AND 2.5 FROM "SOURCE_SQL_STREAM_001";
