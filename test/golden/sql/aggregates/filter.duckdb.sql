select date_trunc('minute', arrival) + interval 1 minute, k, count(*), count(*) filter (v > 3), sum(100 // v) filter (v <> 0), count(distinct b) filter (f), avg(d) filter (f)
from input group by date_trunc('minute', arrival), k having count(v) > 0 order by 1, min(line)
