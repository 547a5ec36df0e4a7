select date_trunc('month', arrival) + interval 1 month, date_trunc('month', arrival), k, count(*) from input group by 1, 2, k order by 1, min(line)
