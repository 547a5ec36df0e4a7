with recursive rows as (select *, cust as key from input where kind in ('order', 'pay')), first(key, t0) as (
  select key, min(arrival) from rows group by key
  union all
  select * from (
    select f.key, (select min(r.arrival) from rows r where r.key is not distinct from f.key and r.arrival >= f.t0 + interval 30 second) as t0
    from first f) where t0 is not null)
select t0 + interval 30 second, f.key, count(*), sum((kind = 'order')::integer)
from first f join rows r on r.key is not distinct from f.key and r.arrival >= f.t0 and r.arrival < f.t0 + interval 30 second
group by f.key, f.t0 order by f.t0, min(line)
