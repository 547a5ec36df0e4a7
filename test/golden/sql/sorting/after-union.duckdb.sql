select date_trunc('minute', arrival) + interval 1 minute, k, v
from (select * from input where v > 3 union all select * from input where v < 6) order by 1, v desc, k nulls last
