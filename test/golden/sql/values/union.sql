-- input: empty.jsonl
-- schema: ticks.schema.json
-- UNION of finite rows leaves duplicates out, NULL equal to NULL
CREATE STREAM o (a INTEGER, b VARCHAR(4));
INSERT INTO o VALUES (1, 'a'), (NULL, 'n'), (1, 'a') UNION VALUES (2, 'b'), (NULL, 'n'), (1, 'c');
