select date_trunc('minute', arrival) + interval 1 minute as t, date_trunc('minute', seen), w, count(*) from input group by 1, 2, w order by 1, min(line)
