-- input: deals.jsonl
-- schema: deals.schema.json
-- filtered, computed and windowed in three selects; inner names are not seen outside
CREATE STREAM o (sym VARCHAR(8), mean DECIMAL(18,2), n BIGINT);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM c.s, AVG(c.worth), COUNT(*)
FROM (SELECT STREAM b.s, b.worth FROM (SELECT STREAM t.sym AS s, t.qty * t.price AS worth, t.side FROM "SOURCE_SQL_STREAM_001" AS t WHERE t.qty > 0) AS b WHERE b.side = 'B') AS c
GROUP BY c.s, FLOOR(c.ROWTIME TO HOUR);
