create stream o (a varchar(4), b double, c varchar(4));
create pump two as insert into o (a, b) select stream t.ticker, s."celsius" from trades over (rows 9 preceding) t left join source_sql_stream_001 over (range interval '1' minute preceding) s on t.ticker = s."unit" and t.qty > 1;
create pump three as insert into o select stream t.ticker, s."celsius", u.ticker from trades over (range interval '10' second preceding) t join source_sql_stream_001 over (range interval '1' minute preceding) s on t.ticker = s."unit" join trades over (range interval '5' second following) u on u.ticker = t.ticker;
create pump pairs as insert into o (a) select stream t.ticker from trades t, source_sql_stream_001 s;
