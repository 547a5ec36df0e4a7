-- input: amounts.jsonl
-- covers: integer division
-- by zero is an error of its row, for integers, DECIMAL and DOUBLE; the other pump goes on
CREATE STREAM whole (id INTEGER, x INTEGER);
CREATE STREAM other (id INTEGER, x DECIMAL(18,6), y DOUBLE);
CREATE PUMP whole_pump AS INSERT INTO whole SELECT STREAM id, 100 / j FROM "SOURCE_SQL_STREAM_001";
CREATE PUMP other_pump AS INSERT INTO other SELECT STREAM id, 1.5 / q, 1 / d FROM "SOURCE_SQL_STREAM_001" WHERE id < 11;
