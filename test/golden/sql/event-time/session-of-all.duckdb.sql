-- stream: OUT
with timed as (
  select *, max(ts) over (order by line rows between unbounded preceding and 1 preceding) as before from input where ts <= arrival + interval 1 hour
), kept as (select * from timed where before is null or ts >= before - interval 5 second
), clock as (select arrival, max(ts) over (order by line) - interval 5 second as bound from kept
), marked as (select *, coalesce(ts - lag(ts) over (order by ts, line) >= interval 10 second, true)::integer as opens from kept
), numbered as (select *, sum(opens) over (order by ts, line) as visit from marked
), g as (select *, min(ts) over (partition by visit) as ws, max(ts) over (partition by visit) + interval 10 second as we from numbered)
select greatest(we, coalesce((select min(arrival) from clock where bound >= we), (select max(arrival) from kept))), ws, we, count(*), count(distinct who) from g group by ws, we order by we
