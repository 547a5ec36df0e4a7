select date_trunc('hour', i.arrival) + interval 1 hour as w, c.country, sum(i.qty) from input i join companies c using (ticker) group by w, c.country order by w, min(i.line)
