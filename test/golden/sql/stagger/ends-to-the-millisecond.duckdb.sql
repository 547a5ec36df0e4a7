with recursive rows as (select *, sym as key from input where sym = 'ACME'), first(key, t0) as (
  select key, min(arrival) from rows group by key
  union all
  select * from (
    select f.key, (select min(r.arrival) from rows r where r.key is not distinct from f.key and r.arrival >= f.t0 + interval 59999 milliseconds) as t0
    from first f) where t0 is not null)
select t0 + interval 59999 milliseconds, f.key, count(*), min(arrival), max(arrival)
from first f join rows r on r.key is not distinct from f.key and r.arrival >= f.t0 and r.arrival < f.t0 + interval 59999 milliseconds
group by f.key, f.t0 order by f.t0, min(line)
