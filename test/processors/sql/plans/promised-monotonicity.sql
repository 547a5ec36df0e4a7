create stream o (s timestamp, k bigint, n bigint);
create pump p as insert into o (s, n) select stream step(to_timestamp(t.ms) by interval '3' second), count(*) from trades t group by step(monotonic(to_timestamp(t.ms)) by interval '3' second);
create pump q as insert into o (k, n) select stream step(ms by 5), count(*) from trades group by step(monotonic(ms) by 5);
