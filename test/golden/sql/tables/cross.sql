-- input: trades.jsonl
-- reference: limits=limits.csv
-- covers: comma join
-- every row with every row of the table, by CROSS JOIN and by comma; a line that cannot be read is an error and no row
CREATE STREAM o (ticker VARCHAR(5), which VARCHAR(8));
CREATE STREAM c (ticker VARCHAR(5), top INTEGER);
CREATE PUMP p AS INSERT INTO o SELECT STREAM s.ticker, l.key FROM "SOURCE_SQL_STREAM_001" AS s CROSS JOIN "limits" AS l WHERE s.qty > 7;
CREATE PUMP q AS INSERT INTO c SELECT STREAM s.ticker, l.top FROM "SOURCE_SQL_STREAM_001" AS s, "limits" AS l WHERE s.qty < l.top;
