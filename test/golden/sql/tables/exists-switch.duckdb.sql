select date_trunc('minute', arrival) + interval 1 minute as w, count(*) from input where price > 5 group by w order by w
