with recursive rows as (select *, sym as key from input), first(key, t0) as (
  select key, min(arrival) from rows group by key
  union all
  select * from (
    select f.key, (select min(r.arrival) from rows r where r.key is not distinct from f.key and r.arrival >= f.t0 + interval 1 minute) as t0
    from first f) where t0 is not null)
select t0 + interval 1 minute, f.key, count(*), count(qty), sum(qty), cast(trunc(sum(qty) / count(qty)) as integer), min(price), max(price), sum(fee order by line), var_pop(qty), var_samp(qty), stddev_pop(qty), stddev_samp(qty), first(side order by line), last(side order by line), bool_or(qty > 50), bool_and(qty > 0)
from first f join rows r on r.key is not distinct from f.key and r.arrival >= f.t0 and r.arrival < f.t0 + interval 1 minute
group by f.key, f.t0 order by f.t0, min(line)
