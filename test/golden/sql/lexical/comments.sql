-- input: ticks.jsonl
/* before the first
   statement */ // and so
-- all three kinds, wherever a blank may stand
CREATE /* or replace */ STREAM o -- the output
 (k VARCHAR(8), // key
  v INTEGER /* value */);
CREATE PUMP p AS INSERT INTO o SELECT/**/STREAM k, v -- '
 - 1 // "
 FROM "SOURCE_SQL_STREAM_001" /* ; -- still a comment */ WHERE v > /* 1 // */ 4 -- the end, without a line feed
