with l as (select * from input where kind = 'order'), r as (select * from input where kind = 'pay'), pairs as (
  select greatest(l.arrival, r.arrival) as t, 0 as alone, l.line as ll, r.line as rl, case when l.arrival > r.arrival then 0 else 1 end as prober,
    l.cust as c1, r.cust as c2, l.amt - r.amt
  from l join r on l.amt > r.amt and l.cust <> r.cust and r.arrival - l.arrival <= to_milliseconds(20000) and l.arrival - r.arrival <= to_milliseconds(0))
select t, columns(c -> c not in ('t', 'alone', 'll', 'rl', 'prober')) from (
  select * from pairs)
order by t, alone, prober, case when prober = 0 then ll else rl end, case when prober = 0 then rl else ll end
