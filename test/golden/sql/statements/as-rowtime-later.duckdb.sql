select date_trunc('minute', arrival + interval 30 second) + interval 1 minute as w, count(*) from input group by w order by w
