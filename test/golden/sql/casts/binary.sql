-- input: guests.jsonl
-- bytes as they are written, converted and compared
CREATE STREAM bytes (id INTEGER, a VARBINARY(4), b VARBINARY(8), c BINARY(2), eq BOOLEAN);
CREATE PUMP p AS INSERT INTO bytes
SELECT STREAM id, X'00FF10', CAST(X'3F67' AS VARBINARY(8)), CAST(X'0203' AS BINARY(2)), X'3F67' = CASE WHEN id = 1 THEN X'3F67' ELSE X'3F' END FROM "SOURCE_SQL_STREAM_001" WHERE id < 4;
