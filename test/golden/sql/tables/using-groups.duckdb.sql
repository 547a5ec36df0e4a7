select date_trunc('minute', i.arrival) + interval 1 minute as w, i.ticker, count(*), avg(i.price) from input i join companies c using (ticker) group by w, i.ticker order by w, min(i.line)
