-- input: empty.jsonl
-- schema: ticks.schema.json
-- rows of the program itself, once, at its start
CREATE STREAM o (a INTEGER, b VARCHAR(8), c DOUBLE);
INSERT INTO o VALUES (1, 'one', 1.5), (2, NULL, 2);
CREATE PUMP p AS INSERT INTO o (b) VALUES ROW ('pump');
