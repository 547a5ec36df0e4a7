select date_trunc('minute', arrival) + interval 1 minute as w, date_trunc('minute', seen), count(*) from input group by 1, 2 order by 1, min(line)
