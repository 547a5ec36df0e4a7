create stream o (k varchar(4));
create pump p as insert into o select stream t.seen_at as rowtime, ticker from trades t where seen_at is not null order by t.seen_at within interval '30' second;
