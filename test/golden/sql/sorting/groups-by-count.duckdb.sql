select date_trunc('minute', arrival) + interval 1 minute as w, sym, count(*) as n, sum(qty) from input group by w, sym order by w, n desc, sym nulls last
