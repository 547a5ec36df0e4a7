select time_bucket(interval 20 second, arrival) + interval 20 second, sum(i // 10) // count(i), sum(i // 10) // count(i), sum(ti) // count(ti), avg(d)
from input group by 1 order by 1
