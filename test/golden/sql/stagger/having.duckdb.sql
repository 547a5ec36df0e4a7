with recursive rows as (select *, {'w': coalesce(w, '-'), 'l': coalesce(time_bucket(interval 10 second, seen)::varchar, '-')} as key from input), first(key, t0) as (
  select key, min(arrival) from rows group by key
  union all
  select * from (
    select f.key, (select min(r.arrival) from rows r where r.key is not distinct from f.key and r.arrival >= f.t0 + interval 8 second) as t0
    from first f) where t0 is not null)
select t0 + interval 8 second, any_value(w), any_value(time_bucket(interval 10 second, seen)), count(*), t0 + interval 8 second
from first f join rows r on r.key is not distinct from f.key and r.arrival >= f.t0 and r.arrival < f.t0 + interval 8 second
group by f.key, f.t0 having count(*) > 1 order by f.t0, min(line)
