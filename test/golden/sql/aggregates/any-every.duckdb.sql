select date_trunc('minute', arrival) + interval 1 minute as w, side, bool_or(qty > 500), bool_and(qty > 0), bool_and(price < 100 or sym = 'GLOB') from input group by w, side order by w, min(line)
