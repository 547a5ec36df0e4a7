select time_bucket(interval 30 second, arrival) + interval 30 second, count(*) filter (where f = g), count(*) filter (where f <> g), count(*) filter (where (f = g) is null)
from input group by 1 order by 1
