select min(arrival), time_bucket(interval 10 second, arrival) as w, sym from input group by w, sym order by min(line)
