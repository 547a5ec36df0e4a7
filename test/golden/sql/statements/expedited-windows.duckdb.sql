select date_trunc('hour', arrival) + interval 1 hour as w, count(*), k from input group by w, k order by w, min(line)
