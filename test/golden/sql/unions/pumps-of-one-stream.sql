-- input: deals.jsonl
-- schema: deals.schema.json
-- three pumps into one stream: by ROWTIME, then the pump that stands first
CREATE STREAM o (pump_no INTEGER, sym VARCHAR(8), qty INTEGER);
CREATE PUMP third_of AS INSERT INTO o SELECT STREAM 1, sym, qty FROM "SOURCE_SQL_STREAM_001" WHERE side = 'S';
CREATE PUMP first_of AS INSERT INTO o (pump_no, sym) SELECT STREAM 2, sym FROM "SOURCE_SQL_STREAM_001" WHERE side = 'B';
CREATE PUMP none_of AS INSERT INTO o (qty, pump_no) SELECT STREAM qty, 3 FROM "SOURCE_SQL_STREAM_001" WHERE side IS NULL OR qty = 1000;
