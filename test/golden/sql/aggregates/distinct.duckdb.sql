select date_trunc('hour', arrival) + interval 1 hour, k, count(distinct v), count(distinct f), count(distinct k), sum(distinct v),
  cast(trunc(sum(distinct v) / count(distinct v)) as integer), sum(distinct m), sum(distinct case when abs(d) < 100 then d end), stddev_samp(distinct v), max(v)
from input group by date_trunc('hour', arrival), k order by 1, min(line)
