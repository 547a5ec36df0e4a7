select date_trunc('minute', arrival) + interval 1 minute as w, time_bucket(interval 3 month, t1, timestamp '1970-01-01') as q, count(*), min(d1) from input group by w, q order by w, min(line)
