select w + interval 2 month, w, n, s from (
  select time_bucket(interval 2 month, arrival, timestamp '1970-01-01') as w, count(*) as n, sum(n) as s from input group by w) order by w
