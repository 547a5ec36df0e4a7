select t, what, n from (select date_trunc('minute', arrival) + interval 1 minute as t, 'minute' as what, count(*) as n, 0 as o, 0 as line from input group by t
  union all select arrival, sym, qty, 1, line from input where qty > 9) order by t, o, line
