select min(arrival), date_trunc('minute', arrival) as m, id % 3 as t, w is not null as k from input group by m, t, k order by min(line)
