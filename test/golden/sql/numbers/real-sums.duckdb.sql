select time_bucket(interval 30 second, arrival) + interval 30 second, sum(r), avg(r), min(r), max(r) from input where r < 1000 group by 1 order by 1
