select t, what, n from (select date_trunc('hour', arrival) + interval 1 hour as t, sym as what, count(*) as n, 0 as o, min(line) as line from input where qty is not null group by t, sym
  union all select arrival, 'large', qty, 1, line from input where qty >= 100) order by t, o, line
