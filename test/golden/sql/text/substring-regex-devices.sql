-- input: guests.jsonl
-- covers: SUBSTRING FROM regex
-- devices and levels out of free text
CREATE STREAM alarms (id INTEGER, device VARCHAR(60), level VARCHAR(60));
CREATE PUMP p AS INSERT INTO alarms
SELECT STREAM id, SUBSTRING(note FROM '/dev/[a-z]+\d?'), SUBSTRING(note FROM 'ERROR|WARN|INFO') FROM "SOURCE_SQL_STREAM_001"
WHERE SUBSTRING(note FROM '/dev/') IS NOT NULL;
