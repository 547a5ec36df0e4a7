select date_trunc('minute', arrival) + interval 1 minute as w, min(price), max(price), count(*) from input where price is not null group by w order by w
