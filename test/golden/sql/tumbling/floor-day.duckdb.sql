select date_trunc('day', arrival) + interval 1 day, date_trunc('day', arrival), count(*), count(n) from input group by 1, 2 order by 1
