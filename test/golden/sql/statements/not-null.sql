-- input: ticks.jsonl
-- covers: chained pumps
-- NULL into a NOT NULL column is an error of its row, also between streams of the program
CREATE STREAM known (k VARCHAR(8) NOT NULL, v INTEGER NOT NULL);
CREATE PUMP p AS INSERT INTO known SELECT STREAM k, v FROM "SOURCE_SQL_STREAM_001";
CREATE STREAM sums (k VARCHAR(8) NOT NULL, total INTEGER NOT NULL);
CREATE PUMP q AS INSERT INTO sums SELECT STREAM s.k, SUM(s.v) FROM known AS s GROUP BY s.k, FLOOR(s.ROWTIME TO HOUR);
