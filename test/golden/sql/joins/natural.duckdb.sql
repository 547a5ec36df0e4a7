-- stream: O
with l as (select * from input where kind = 'order'), r as (select * from input where kind = 'ship'), pairs as (
  select greatest(l.arrival, r.arrival) as t, 0 as alone, l.line as ll, r.line as rl, case when l.arrival > r.arrival then 0 else 1 end as prober,
    l.id, l.cust, l.amt
  from l join r on l.id = r.id and l.cust = r.cust and r.arrival - l.arrival <= to_milliseconds(60000) and l.arrival - r.arrival <= to_milliseconds(0))
select t, columns(c -> c not in ('t', 'alone', 'll', 'rl', 'prober')) from (
  select * from pairs)
order by t, alone, prober, case when prober = 0 then ll else rl end, case when prober = 0 then rl else ll end
