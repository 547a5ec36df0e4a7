-- input: disorder.jsonl
-- schema: seen.schema.json
-- periods are half-open; a chain means every pair; NULL at an end is UNKNOWN
CREATE STREAM o (id INTEGER, equal BOOLEAN, contain BOOLEAN, point BOOLEAN, inside BOOLEAN, meets BOOLEAN, strict BOOLEAN, before BOOLEAN, just_before BOOLEAN, after BOOLEAN, leads_it BOOLEAN, lags_it BOOLEAN, chain BOOLEAN);
CREATE PUMP p AS INSERT INTO o
SELECT STREAM id,
  (a, b) EQUALS (c, d), PERIOD (a, b) CONTAINS PERIOD (c, d), (a, b) CONTAINS c, (a, b) STRICTLY CONTAINS (c, d),
  (a, b) OVERLAPS (c, d), (a, b) STRICTLY OVERLAPS (c, d), (a, b) PRECEDES (c, d), (a, b) IMMEDIATELY PRECEDES (c, d),
  (a, b) STRICTLY SUCCEEDS (c, d), (a, b) LEADS (c, d), (a, b) STRICTLY LAGS (c, d), (a, b) PRECEDES (c, d) PRECEDES (c + INTERVAL '20' SECOND, d + INTERVAL '20' SECOND)
FROM (SELECT STREAM id, s.seen AS a, s.seen + INTERVAL '2' SECOND AS b, FLOOR(s.ROWTIME TO SECOND) AS c, FLOOR(s.ROWTIME TO SECOND) + INTERVAL '3' SECOND AS d
      FROM "SOURCE_SQL_STREAM_001" AS s) AS t;
