-- input: lines.jsonl
-- schema: lines.schema.json
-- offsets from 0; a short line ends where it ends
CREATE OR REPLACE STREAM o (code VARCHAR(3), num VARCHAR(5), day_of VARCHAR(8), amount VARCHAR(6));
CREATE OR REPLACE PUMP p AS INSERT INTO o
SELECT STREAM t.r.code, t.r.num, t.r.day_of, t.r.amount
FROM (SELECT STREAM FIXED_COLUMN_LOG_PARSE(s.text, 'code TYPE VARCHAR(3) START 0 FOR 3, num TYPE VARCHAR(5) START 3 FOR 5, day_of TYPE VARCHAR(8) START 6 FOR 8, amount TYPE VARCHAR(6) START 14 FOR 6') AS r
  FROM "SOURCE_SQL_STREAM_001" AS s WHERE s.kind = 'fixed') AS t;
