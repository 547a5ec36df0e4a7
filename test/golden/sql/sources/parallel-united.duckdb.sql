select date_trunc('minute', arrival) + interval 1 minute as t, count(*), sum(id) from input group by t order by t
