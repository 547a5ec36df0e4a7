-- input: guests.jsonl
-- places of bytes, by the rules of texts: a start below 1 takes from the count, what begins past the end is empty or NULL
CREATE STREAM o (id INTEGER, head VARBINARY(6), mid VARBINARY(6), tail BINARY(6), before VARBINARY(6), past VARBINARY(6), past_comma VARBINARY(6), zero VARBINARY(6), part VARBINARY(6), same BOOLEAN);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM id, SUBSTRING(x FROM 1 FOR 2), SUBSTRING(x, 2, id), SUBSTRING(x FROM 3), SUBSTRING(x FROM -1 FOR 4), SUBSTRING(x FROM 7), SUBSTRING(x, 7), SUBSTRING(x FROM 2 FOR 0),
SUBSTRING(X'00FF10' FROM id FOR 1), SUBSTRING(x FROM 1 FOR 1) = X'61'
FROM (SELECT STREAM id, CASE WHEN id = 2 THEN X'61FF' WHEN id = 3 THEN NULL ELSE X'616263646566' END AS x FROM "SOURCE_SQL_STREAM_001") WHERE id < 5;
