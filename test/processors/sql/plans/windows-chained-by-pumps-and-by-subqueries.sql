create stream a (k varchar(4), n bigint);
create stream b (n bigint);
create pump p as insert into a select stream k, n from (select stream ticker as k, count(*) as n, floor(t.rowtime to minute) as m from trades t group by ticker, floor(t.rowtime to minute)) x;
create pump q as insert into b select stream sum(n) from a group by floor(a.rowtime to hour);
