select date_trunc('minute', arrival - interval 1 millisecond) + interval 1 minute as w, count(v) from input group by w order by w
