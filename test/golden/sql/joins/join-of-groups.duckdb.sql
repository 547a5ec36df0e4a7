select date_trunc('minute', arrival) + interval 1 minute as t, count(*) filter (kind = 'order') as o, count(*) filter (kind = 'pay') as p from input
group by t having o > 0 and p > 0 order by t
