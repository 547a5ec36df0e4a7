-- input: deals.jsonl
-- schema: deals.schema.json
-- publish and subscribe: every reader of a stream sees every row, and a reader of readers as well
CREATE STREAM base (sym VARCHAR(8), qty INTEGER);
CREATE PUMP bp AS INSERT INTO base SELECT STREAM sym, qty FROM "SOURCE_SQL_STREAM_001" WHERE qty IS NOT NULL;
CREATE STREAM bought (sym VARCHAR(8), n BIGINT);
CREATE PUMP r1 AS INSERT INTO bought SELECT STREAM b.sym, COUNT(*) FROM base AS b GROUP BY b.sym, FLOOR(b.ROWTIME TO HOUR);
CREATE STREAM big (sym VARCHAR(8), qty INTEGER);
CREATE PUMP r2 AS INSERT INTO big SELECT STREAM sym, qty FROM base WHERE qty >= 100;
CREATE STREAM o (what VARCHAR(8), n BIGINT);
CREATE PUMP r3 AS INSERT INTO o SELECT STREAM sym, n FROM bought UNION ALL SELECT STREAM 'large', qty FROM big;
