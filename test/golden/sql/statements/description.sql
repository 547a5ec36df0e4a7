-- input: ticks.jsonl
-- covers: readers of one stream, several outputs
-- descriptions of streams and pumps, OR REPLACE and options
CREATE OR REPLACE STREAM totals (k VARCHAR(8), n BIGINT) DESCRIPTION 'rows by key''s minute';
CREATE OR REPLACE PUMP totals_pump DESCRIPTION 'counts' AS INSERT INTO totals
SELECT STREAM s.k, COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s GROUP BY s.k, FLOOR(s.ROWTIME TO MINUTE);
CREATE OR REPLACE STREAM big (v INTEGER) DESCRIPTION 'large values';
CREATE OR REPLACE PUMP big_pump STARTED DESCRIPTION 'picks' AS INSERT INTO big SELECT STREAM v FROM "SOURCE_SQL_STREAM_001" WHERE v > 6;
