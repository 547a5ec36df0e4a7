with recursive rows as (select *, k as key from input), first(key, t0) as (
  select key, min(arrival) from rows group by key
  union all
  select * from (
    select f.key, (select min(r.arrival) from rows r where r.key is not distinct from f.key and r.arrival >= f.t0 + interval 55 second) as t0
    from first f) where t0 is not null)
select t0 + interval 55 second, f.key, count(*), count(v), sum(v), sum(d order by line), sum(m), max(v), min(b), first(v order by line), last(v order by line)
from first f join rows r on r.key is not distinct from f.key and r.arrival >= f.t0 and r.arrival < f.t0 + interval 55 second
group by f.key, f.t0  order by f.t0, min(line)
