-- input: ticks.jsonl
-- schema: ticks.schema.json
-- a row that fails is an error, the others leave
CREATE STREAM o (x INTEGER NOT NULL, t VARCHAR(2));
INSERT INTO o VALUES (1 / 0, 'a'), (1, 'abc'), (CAST(NULL AS INTEGER), 'b'), (2, 'c');
