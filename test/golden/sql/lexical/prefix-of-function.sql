-- input: ticks.jsonl
-- covers: name with a prefix, contextual keyword as a name
-- pumps and streams of other programs often carry the schema of the service
CREATE STREAM "LOCALDB".o (monotonic INTEGER, expedited INTEGER);
CREATE PUMP "LOCALDB".p AS INSERT INTO "LOCALDB".o (expedited, monotonic) SELECT STREAM s.v, s.v * 2 FROM "LOCALDB"."SOURCE_SQL_STREAM_001" s WHERE s.v IS NOT NULL;
