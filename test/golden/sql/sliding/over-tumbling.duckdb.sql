with m as (select date_trunc('minute', arrival) + interval 1 minute as t, sym, sum(qty) as q, min(line) as line from input where sym is not null group by 1, sym)
select t, sym, q, cast(trunc(sum(q) over w / count(q) over w) as bigint), sum(q) over (partition by sym order by t range interval 1 hour preceding)
from m window w as (partition by sym order by t rows 2 preceding) order by t, line
