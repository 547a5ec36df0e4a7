select date_trunc('minute', arrival) + interval 1 minute as w, k, count(*) from input group by w, k order by w, min(line)
