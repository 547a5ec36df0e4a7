with l as (select * from input where kind = 'order'), r as (select * from input where kind = 'pay'), pairs as (
  select greatest(l.arrival, r.arrival) as t, 0 as alone, l.line as ll, r.line as rl, case when l.arrival > r.arrival then 0 else 1 end as prober,
    l.arrival as a1, r.arrival as a2, greatest(l.arrival, r.arrival) as a3, epoch_ms(r.arrival) - epoch_ms(l.arrival) as a4
  from l join r on l.id = r.id and r.arrival - l.arrival <= to_milliseconds(10000) and l.arrival - r.arrival <= to_milliseconds(10000))
select t, columns(c -> c not in ('t', 'alone', 'll', 'rl', 'prober')) from (
  select * from pairs)
order by t, alone, prober, case when prober = 0 then ll else rl end, case when prober = 0 then rl else ll end
