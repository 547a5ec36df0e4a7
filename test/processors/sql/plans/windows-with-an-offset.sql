create stream o (n bigint);
create pump p as insert into o select stream count(*) from trades t group by step(t.rowtime + interval '5' second by interval '1' minute);
create pump q as insert into o select stream count(*) from trades t group by ceil(t.rowtime to hour) + interval '1' minute;
create pump r as insert into o select stream count(*) from trades t group by floor(t.rowtime - interval '30' second to minute);
create pump s as insert into o select stream count(*) from trades t group by t.rowtime;
create pump u as insert into o select stream count(*) from trades t group by step(t.rowtime by interval '1' month);
