-- input: bookings.jsonl
-- stays that overlap those of a table of VALUES
CREATE STREAM o (id INTEGER, season VARCHAR(8));
CREATE PUMP p AS INSERT INTO o SELECT STREAM b.id, v.season FROM "SOURCE_SQL_STREAM_001" AS b JOIN (VALUES ('winter', TIMESTAMP '2023-12-21 00:00:00', TIMESTAMP '2024-03-20 00:00:00'), ('spring', TIMESTAMP '2024-03-20 00:00:00', TIMESTAMP '2024-06-20 00:00:00')) AS v (season, since, until)
ON (b.t1, b.t2) OVERLAPS (v.since, v.until) WHERE b.t1 < b.t2;
