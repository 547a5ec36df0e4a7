select time_bucket(interval 20 second, arrival) + interval 20 second as we, count(distinct v)
from input where v is not null group by 1 order by 1
