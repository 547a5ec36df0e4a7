select date_trunc('minute', arrival) + interval 1 minute as t, k, sum(v), count(*) from input group by t, k order by t, min(line)
