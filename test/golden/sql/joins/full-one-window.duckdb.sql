with l as (select * from input where kind = 'order'), r as (select * from input where kind = 'pay'), pairs as (
  select greatest(l.arrival, r.arrival) as t, 0 as alone, l.line as ll, r.line as rl, case when l.arrival > r.arrival then 0 else 1 end as prober,
    coalesce(l.id, r.id), l.amt, r.amt
  from l join r on l.id = r.id and r.arrival - l.arrival <= to_milliseconds(10000) and l.arrival - r.arrival <= to_milliseconds(0))
select t, columns(c -> c not in ('t', 'alone', 'll', 'rl', 'prober')) from (
  select * from pairs
  union all select l.arrival + to_milliseconds(10000), 1, l.line, null, 0, l.id, l.amt, null from l where not exists (select 1 from pairs where ll = l.line)
  union all select r.arrival + to_milliseconds(0), 1, null, r.line, 1, r.id, null, r.amt from r where not exists (select 1 from pairs where rl = r.line))
order by t, alone, prober, case when prober = 0 then ll else rl end, case when prober = 0 then rl else ll end
