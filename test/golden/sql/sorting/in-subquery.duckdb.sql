select date_trunc('hour', t) + interval 1 hour, arg_min(v, place), arg_max(v, place), count(*) from (
  select date_trunc('minute', arrival) + interval 1 minute as t, v, row_number() over (order by t, v) as place from input where v is not null)
group by 1 order by 1
