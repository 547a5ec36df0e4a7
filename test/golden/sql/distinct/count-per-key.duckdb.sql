select date_trunc('minute', arrival) + interval 1 minute as w, sym, count(distinct side), count(distinct coalesce(side, '-')) from input group by w, sym order by w, min(line)
