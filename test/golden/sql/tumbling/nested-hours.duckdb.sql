with a as (select time_bucket(interval 10 second, arrival) + interval 10 second as t, sym, count(*) as n from input group by 1, 2),
  b as (select date_trunc('minute', t) + interval 1 minute as t, sum(n) as n from a group by 1)
select date_trunc('hour', t) + interval 1 hour, sum(n), count(*) from b group by 1 order by 1
