with recursive rows as (select *, {'s': coalesce(sym, '-'), 'd': coalesce(side, '-')} as key from input), first(key, t0) as (
  select key, min(arrival) from rows group by key
  union all
  select * from (
    select f.key, (select min(r.arrival) from rows r where r.key is not distinct from f.key and r.arrival >= f.t0 + interval 2 minute) as t0
    from first f) where t0 is not null)
select t0 + interval 2 minute, lower(any_value(sym)) || '/' || any_value(side), count(*), sum(qty * price)
from first f join rows r on r.key is not distinct from f.key and r.arrival >= f.t0 and r.arrival < f.t0 + interval 2 minute
group by f.key, f.t0 having any_value(sym) <> 'INIT' and count(*) >= 2 order by f.t0, min(line)
