-- input: empty.jsonl
-- schema: ticks.schema.json
-- EXCEPT and INTERSECT of pairs with NULLs, from the left
CREATE STREAM o (a INTEGER, b INTEGER);
CREATE STREAM i (a INTEGER, b INTEGER);
INSERT INTO o VALUES (1, NULL), (2, 2), (3, 3), (2, 2) EXCEPT VALUES (3, 3) EXCEPT VALUES (1, NULL);
INSERT INTO i VALUES (1, NULL), (2, 2), (3, 3), (1, NULL) INTERSECT VALUES (3, 3), (1, NULL);
