create stream o (m timestamp, n bigint);
create pump p as insert into o select stream m, count(*) from (select stream floor(t.rowtime to minute) as m from trades t) group by m;
