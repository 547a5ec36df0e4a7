select date_trunc('minute', arrival) + interval 1 minute as w, floor(d / 10) as k, count(*), max(ceil(q)::decimal(18,0)) from input group by w, k order by w, min(line)
