select date_trunc('minute', arrival) + interval 1 minute as w, price, sym from input order by w, price desc nulls first, line
