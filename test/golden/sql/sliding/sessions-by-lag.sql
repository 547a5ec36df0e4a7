-- input: deals.jsonl
-- schema: deals.schema.json
-- sessions as programs of the service number them: a pause of a minute or more opens one, and the openings are summed
CREATE OR REPLACE STREAM marked (sym VARCHAR(8), opens INTEGER);
CREATE OR REPLACE PUMP mp AS INSERT INTO marked
SELECT STREAM t.sym, CASE WHEN TSDIFF(t.ROWTIME, LAG(t.ROWTIME) OVER w) < 60000 THEN 0 ELSE 1 END
FROM "SOURCE_SQL_STREAM_001" AS t WINDOW w AS (PARTITION BY t.sym ROWS 1 PRECEDING);
CREATE OR REPLACE STREAM o (sym VARCHAR(8), session_no INTEGER, place BIGINT);
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM q.sym, q.session_no, COUNT(*) OVER (PARTITION BY q.sym, q.session_no ROWS UNBOUNDED PRECEDING)
FROM (SELECT STREAM m.sym, SUM(m.opens) OVER (PARTITION BY m.sym ROWS UNBOUNDED PRECEDING) AS session_no FROM marked AS m) AS q;
