select date_trunc('hour', arrival) + interval 1 hour as w, sym from input group by w, sym having count(*) > 1 order by w, max(price) desc nulls last, min(line)
