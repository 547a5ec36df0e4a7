-- stream: OUT
with timed as (
  select *, max(ts) over (order by line rows between unbounded preceding and 1 preceding) as before from input where ts <= arrival + interval 1 hour
), kept as (select * from timed where before is null or ts >= before - interval 2 second
), clock as (select arrival, max(ts) over (order by line) - interval 2 second as bound from kept
), g as (select *, time_bucket(interval 10 second, ts) as ws, ws + interval 10 second as we from kept)
select greatest(we, coalesce((select min(arrival) from clock where bound >= we), (select max(arrival) from kept))), we, count(*), max(ms) from g group by ws, we order by we
