-- input: guests.jsonl
-- upper, lower and capital letters beyond ASCII too; emoji and ideographs have none
CREATE STREAM cased (id INTEGER, up VARCHAR(40), low VARCHAR(40), cap VARCHAR(40));
CREATE PUMP p AS INSERT INTO cased SELECT STREAM id, UPPER(name), LOWER(name), INITCAP(name) FROM "SOURCE_SQL_STREAM_001";
