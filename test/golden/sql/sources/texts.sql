-- input: values.jsonl
-- schema: values-text.schema.json
-- covers: JSON text cut to length, JSON array as text
-- anything is text: its own, or as it stands in the record, cut to the length in code points
CREATE STREAM o (id INTEGER, x VARCHAR(6));
CREATE PUMP p AS INSERT INTO o SELECT STREAM id, x FROM "SOURCE_SQL_STREAM_001";
