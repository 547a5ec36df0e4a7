with l as (select * from input where kind = 'order'), r as (select * from input where kind = 'pay'), pairs as (
  select greatest(l.arrival, r.arrival) as t, 0 as alone, l.line as ll, r.line as rl, case when l.arrival > r.arrival then 0 else 1 end as prober,
    l.id as a1, r.id as a2, l.amt as a3, r.amt as a4
  from l join r on l.id = r.id and r.arrival - l.arrival <= to_milliseconds(10000) and l.arrival - r.arrival <= to_milliseconds(5000))
select t, columns(c -> c not in ('t', 'alone', 'll', 'rl', 'prober')) from (
  select * from pairs
  union all select l.arrival + to_milliseconds(10000), 1, l.line, null, 0, l.id, null, l.amt, null from l where not exists (select 1 from pairs where ll = l.line)
  union all select r.arrival + to_milliseconds(5000), 1, null, r.line, 1, null, r.id, null, r.amt from r where not exists (select 1 from pairs where rl = r.line))
order by t, alone, prober, case when prober = 0 then ll else rl end, case when prober = 0 then rl else ll end
