select date_trunc('minute', arrival) + interval 1 minute as t, date_trunc('minute', arrival), sym, sum(qty * price) from input where sym is not null group by 1, 2, sym order by 1, min(line)
