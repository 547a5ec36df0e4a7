-- input: ticks.jsonl
-- covers: quote in a quoted name, name with a prefix
-- aliases in quotes, and prefixes of stream names, which are ignored
CREATE STREAM "LOCALDB"."PUBLIC".o (k VARCHAR(8), v INTEGER);
CREATE PUMP "x"."y"."p" AS INSERT INTO "PUBLIC".o
SELECT STREAM "the ""alias""".k, "the ""alias""".v FROM "PUBLIC"."SOURCE_SQL_STREAM_001" AS "the ""alias""" WHERE "the ""alias""".v < 3;
