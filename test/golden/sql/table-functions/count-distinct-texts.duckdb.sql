select date_trunc('minute', arrival) + interval 1 minute as w, count(distinct sym) as n from input group by w having n > 0 order by w
