-- input: amounts.jsonl
-- the first branch that is TRUE; NULL without ELSE; branches that are not reached do not fail
CREATE STREAM sizes (id INTEGER, size_of VARCHAR(8), share INTEGER, sign_of INTEGER);
CREATE PUMP p AS INSERT INTO sizes
SELECT STREAM id, CASE WHEN i > 1000 THEN 'large' WHEN i > 5 THEN 'medium' WHEN i IS NOT NULL THEN 'small' END,
  CASE WHEN j = 0 THEN NULL ELSE i / j END, CASE WHEN d < 0 THEN -1 WHEN d > 0 THEN +1 ELSE 0 END
FROM "SOURCE_SQL_STREAM_001";
