-- input: ticks.jsonl
-- schema: ticks.schema.json
-- EXCEPT, INTERSECT and UNION of finite relations; INTERSECT binds tighter; NULL equals NULL
CREATE STREAM o (which VARCHAR(8), a INTEGER, b VARCHAR(4));
INSERT INTO o SELECT 'except', a, b FROM (VALUES (1, 'x'), (2, NULL), (1, 'x'), (3, 'z') EXCEPT VALUES (3, 'z'), (2, 'y')) AS t (a, b);
INSERT INTO o SELECT 'both', a, b FROM (VALUES (1, 'x'), (2, NULL), (2, NULL) INTERSECT VALUES (2, NULL), (1, 'y')) AS t (a, b);
INSERT INTO o SELECT 'union', a, b FROM (VALUES (2, 'x') UNION VALUES (1, 'x'), (NULL, 'x') INTERSECT VALUES (NULL, 'x'), (7, 'y')) AS t (a, b);
INSERT INTO o SELECT 'all', a, b FROM (VALUES (1, 'x') UNION ALL VALUES (1, 'x')) AS t (a, b) WHERE a < 2;
INSERT INTO o SELECT 'sorted', a, b FROM (VALUES (2, 'x'), (NULL, 'y'), (1, 'z'), (2, 'x')) AS t (a, b) ORDER BY a DESC, b LIMIT 3;
INSERT INTO o SELECT DISTINCT 'once', a, b FROM (VALUES (2, 'x'), (NULL, 'y'), (2, 'x')) AS t (a, b);
