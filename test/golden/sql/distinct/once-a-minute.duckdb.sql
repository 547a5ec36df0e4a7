select min(arrival), w, date_trunc('minute', arrival) from input group by w, 3 order by min(line)
