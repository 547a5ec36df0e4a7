-- input: amounts.jsonl
-- REAL has seven digits: results are rounded to it
CREATE STREAM results (id INTEGER, r REAL, twice REAL, plus REAL, from_double REAL);
CREATE PUMP p AS INSERT INTO results SELECT STREAM id, r, r + r, r + 1, d FROM "SOURCE_SQL_STREAM_001" WHERE d < 1E30;
