create stream o (seen timestamp, tick varchar(4), n integer);
create pump p as insert into o select stream step(s.seen_at by interval '1' minute) as seen, s.ticker, count(*) as n from trades s group by s.ticker, step(s.rowtime by interval '1' minute), step(s.seen_at by interval '1' minute);
