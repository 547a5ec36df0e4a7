-- input: amounts.jsonl
-- covers: integer division, mixed numeric kinds
-- integers divide to integers, toward zero; a DECIMAL, REAL or DOUBLE on one side changes the kind
CREATE STREAM shares (id INTEGER, whole INTEGER, small SMALLINT, big BIGINT, exact DECIMAL(18,12), dbl DOUBLE);
CREATE PUMP p AS INSERT INTO shares
SELECT STREAM id, i / j, si / ti, b / j, q / 2, i / 2E0 FROM "SOURCE_SQL_STREAM_001" WHERE j <> 0 AND ti <> 0;
