-- stream: OUT
with timed as (
  select *, max(ts) over (order by line rows between unbounded preceding and 1 preceding) as before from input where ts <= arrival + interval 1 hour
), kept as (select * from timed where before is null or ts >= before - interval 5 second
), clock as (select arrival, max(ts) over (order by line) - interval 5 second as bound from kept
), marked as (select *, coalesce(ts - lag(ts) over (partition by who order by ts, line) >= interval 5 second, true)::integer as opens from kept
), numbered as (select *, sum(opens) over (partition by who order by ts, line) as visit from marked
), g as (select *, min(ts) over (partition by who, visit) as ws, max(ts) over (partition by who, visit) + interval 5 second as we from numbered)
select greatest(we, coalesce((select min(arrival) from clock where bound >= we), (select max(arrival) from kept))), who, ws, we, count(*), sum(ms) from g group by who, ws, we order by we, min(line)
