create stream o (a varchar(4), n bigint);
create pump p as insert into o select stream trades.ticker, count(*) from trades group by ticker, floor(rowtime to minute);
create pump q as insert into o select stream case ticker when 'a' then 'b' else ticker end, count(*) from trades t group by t.ticker, floor(t.rowtime to minute);
