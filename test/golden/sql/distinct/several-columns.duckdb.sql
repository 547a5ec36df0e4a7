select min(arrival), sym, side, qty, date_trunc('hour', arrival) as w from input group by sym, side, qty, w order by min(line)
