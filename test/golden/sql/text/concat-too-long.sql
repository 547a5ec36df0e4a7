-- input: guests.jsonl
-- an INSERT does not cut: what is too long for its column is an error row
CREATE STREAM joined (id INTEGER, a VARCHAR(12));
CREATE PUMP p AS INSERT INTO joined SELECT STREAM id, name || note FROM "SOURCE_SQL_STREAM_001" WHERE id > 12;
