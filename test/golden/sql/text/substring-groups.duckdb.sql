select time_bucket(interval 2 minute, arrival) + interval 2 minute as w, substr(upper(name), 1, 1), count(*)
from input group by w, substr(upper(name), 1, 1) order by w, min(line)
