create stream o (k varchar(4), n bigint);
create pump p as insert into o select stream ticker, count(*) as n from trades t group by ticker, floor(t.rowtime to hour) order by floor(t.rowtime to hour), n desc, max(qty) limit 3;
