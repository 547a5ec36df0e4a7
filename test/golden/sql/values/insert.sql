-- input: ticks.jsonl
-- schema: ticks.schema.json
-- rows of the text come once, at the time of the first record; what is inserted into a stream with a pump merges with it
CREATE STREAM o (k VARCHAR(8), v INTEGER, m DECIMAL(10,2));
INSERT INTO o VALUES ('x', 1, 1.005), ('y', NULL, -2), (NULL, 3, NULL);
CREATE PUMP p AS INSERT INTO o SELECT STREAM k, v, m FROM "SOURCE_SQL_STREAM_001" WHERE v > 6;
INSERT INTO o (v) VALUES (4 + 1);
