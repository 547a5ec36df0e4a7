-- input: ticks.jsonl
-- Unicode escapes of four digits, with a backslash or another character; a backslash elsewhere is itself
CREATE STREAM o (k VARCHAR(8), tab VARCHAR(4), umlaut VARCHAR(10), other VARCHAR(10), plain VARCHAR(10), smile VARCHAR(10));
CREATE PUMP p AS INSERT INTO o
SELECT STREAM k, u&'\0009', U&'Stra\00dfe', u&'!00e4\!!' UESCAPE '!', 'a\b''c', U&'\D83D\DE00' FROM "SOURCE_SQL_STREAM_001" WHERE v = 1;
