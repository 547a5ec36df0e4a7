select time_bucket(interval 1 second, arrival) + interval 1 second as w, k, sum(n) from input group by w, k order by w, min(line)
