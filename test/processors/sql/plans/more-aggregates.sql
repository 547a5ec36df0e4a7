create stream o (ticker varchar(4), u bigint, s double, b boolean, f bigint, v double);
create pump p as insert into o
select stream t.ticker, count(distinct t.qty), sum(distinct t."price"), every(t.qty > 0), count(*) filter (where t.qty > 1), variance(t.qty)
from trades t group by t.ticker, floor(t.rowtime to minute);
