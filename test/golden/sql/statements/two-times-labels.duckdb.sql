select date_trunc('hour', arrival) + interval 1 hour as w, date_trunc('minute', ts) as t, sum(v) from input group by w, t order by w, min(line)
