select min(arrival), k, date_trunc('day', arrival) as d from input group by k, d order by min(line)
