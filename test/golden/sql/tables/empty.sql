-- input: trades.jsonl
-- reference: nobody=nobody.csv
-- an empty table matches nothing: INNER gives nothing, LEFT everything
CREATE STREAM a (ticker VARCHAR(5));
CREATE STREAM b (ticker VARCHAR(5), top INTEGER);
CREATE PUMP pa AS INSERT INTO a SELECT STREAM s.ticker FROM "SOURCE_SQL_STREAM_001" AS s JOIN "nobody" AS n ON s.ticker = n.key;
CREATE PUMP pb AS INSERT INTO b SELECT STREAM s.ticker, n.top FROM "SOURCE_SQL_STREAM_001" AS s LEFT JOIN "nobody" AS n ON s.ticker = n.key;
