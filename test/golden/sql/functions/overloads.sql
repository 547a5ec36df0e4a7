-- input: ticks.jsonl
-- covers: overloaded function
-- told apart by the types of their parameters, in the order in which they stand or any other
CREATE FUNCTION show_it(x INTEGER) RETURNS VARCHAR(20) RETURN 'i' || CAST(x AS VARCHAR(11));
CREATE FUNCTION show_it(x DOUBLE) RETURNS VARCHAR(20) RETURN CASE WHEN x > 1E0 THEN 'more' ELSE 'less' END;
CREATE FUNCTION show_it(x BOOLEAN) RETURNS VARCHAR(20) RETURN CASE WHEN x THEN 'yes' WHEN NOT x THEN 'no' ELSE 'unknown' END;
CREATE FUNCTION show_it(x INTEGER, y INTEGER) RETURNS VARCHAR(20) RETURN show_it(x + y);
CREATE STREAM o (a VARCHAR(20), b VARCHAR(20), c VARCHAR(20), d VARCHAR(20));
CREATE PUMP p AS INSERT INTO o SELECT STREAM show_it(v), show_it(d), show_it(f), show_it(v, 1) FROM "SOURCE_SQL_STREAM_001";
