select date_trunc('minute', arrival) + interval 1 minute, date_trunc('minute', arrival), k, max(v) - min(v)
from input group by 2, k having max(v) - min(v) is null or max(v) - min(v) < 5 order by 1, min(line)
