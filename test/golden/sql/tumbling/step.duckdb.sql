select date_trunc('minute', arrival) + interval 1 minute, k, count(*), count(v), sum(v),
  cast(trunc(sum(v) / count(v)) as integer), sum(d), sum(m), max(d), min(m)
from input group by date_trunc('minute', arrival), k order by 1, min(line)
