create stream o (k varchar(4), n bigint, place bigint);
create pump p as insert into o select stream ticker, n, place from (select stream *, row_number() over (partition by m order by n desc) as place from (select stream ticker, count(*) as n, step(t.rowtime by interval '1' minute) as m from trades t group by ticker, step(t.rowtime by interval '1' minute))) where place <= 3;
create pump q as insert into o select stream ticker, t.qty, dense_rank() over (partition by floor(t.rowtime to hour), ticker order by t.qty) from trades t;
