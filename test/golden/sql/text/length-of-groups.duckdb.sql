select date_trunc('minute', arrival) + interval 1 minute, max(length(name)), count(*) filter (where length(name) > 5)
from input group by 1 order by 1
