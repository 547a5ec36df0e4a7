select date_trunc('hour', arrival) + interval 1 hour as w, count(distinct price) from input group by w order by w
