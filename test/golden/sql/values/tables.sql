-- input: empty.jsonl
-- schema: ticks.schema.json
-- set operations: INTERSECT binds closer than UNION and EXCEPT
CREATE STREAM o (k VARCHAR(8));
INSERT INTO o VALUES ('a'), ('b'), ('c'), ('d') EXCEPT VALUES ('b'), ('x') UNION VALUES ('y'), ('z') INTERSECT VALUES ('z'), ('a');
