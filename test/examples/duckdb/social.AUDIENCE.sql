select time_bucket(interval 5 minute, arrival) + interval 5 minute as ended, count(distinct author)
from input group by ended order by ended
