with recursive rows as (select *, date_trunc('minute', seen) as key from input where seen is not null), first(key, t0) as (
  select key, min(arrival) from rows group by key
  union all
  select * from (
    select f.key, (select min(r.arrival) from rows r where r.key is not distinct from f.key and r.arrival >= f.t0 + interval 1 minute) as t0
    from first f) where t0 is not null)
select t0 + interval 1 minute, f.key, count(*), min(id), max(id)
from first f join rows r on r.key is not distinct from f.key and r.arrival >= f.t0 and r.arrival < f.t0 + interval 1 minute
group by f.key, f.t0 order by f.t0, min(line)
