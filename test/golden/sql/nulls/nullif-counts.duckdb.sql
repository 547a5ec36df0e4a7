select time_bucket(interval 20 second, arrival) + interval 20 second as w, count(*), count(j), count(nullif(j, 0)), avg(nullif(d, 0)) from input group by w order by w
