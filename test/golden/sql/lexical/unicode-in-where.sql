-- input: guests.jsonl
-- texts beside escapes
CREATE STREAM o (id INTEGER, tabbed BOOLEAN, zoe BOOLEAN);
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, note LIKE u&'%\0009%', name = U&'Zo#00eb #00C5ngstr#00f6m' UESCAPE '#' FROM "SOURCE_SQL_STREAM_001" WHERE name IS NOT NULL;
