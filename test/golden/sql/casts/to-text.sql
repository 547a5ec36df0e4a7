-- input: amounts.jsonl
-- covers: CAST to text
-- numbers and truth values as text
CREATE STREAM texts (id INTEGER, a VARCHAR(20), b VARCHAR(30), c VARCHAR(30), d VARCHAR(5), e CHAR(4));
CREATE PUMP p AS INSERT INTO texts
SELECT STREAM id, CAST(i AS VARCHAR(20)), CAST(b AS VARCHAR(30)), CAST(p AS VARCHAR(30)), CAST(f AS VARCHAR(5)), CAST(ti AS CHAR(4)) FROM "SOURCE_SQL_STREAM_001";
