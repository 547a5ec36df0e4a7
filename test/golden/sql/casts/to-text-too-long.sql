-- input: amounts.jsonl
-- covers: CAST to text
-- a text that is longer than the type fails: CAST never cuts
CREATE STREAM texts (id INTEGER, a VARCHAR(4));
CREATE PUMP p AS INSERT INTO texts SELECT STREAM id, CAST(i AS VARCHAR(4)) FROM "SOURCE_SQL_STREAM_001";
