select date_trunc('minute', arrival) + interval 1 minute, count(*), count(i), count(f), sum(j) from input group by 1 order by 1
