select date_trunc('minute', arrival) + interval 1 minute as w, count(*), sum(qty) from input where sym = 'INIT' and price between 0.02 and 0.05 group by w order by w
