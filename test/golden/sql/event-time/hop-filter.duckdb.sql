-- stream: OUT
with timed as (
  select *, max(ts) over (order by line rows between unbounded preceding and 1 preceding) as before from input where ts <= arrival + interval 1 hour
), kept as (select * from timed where before is null or ts >= before - interval 5 second
), clock as (select arrival, max(ts) over (order by line) - interval 5 second as bound from kept
), g as (select *, time_bucket(interval 10 second, ts) - to_seconds(10 * n) as ws, ws + interval 30 second as we from kept, range(3) as slides(n))
select greatest(we, coalesce((select min(arrival) from clock where bound >= we), (select max(arrival) from kept))), we, count(*), count(*) filter (page = 'shop'), count(ms) filter (ms > 100), count(distinct who), sum(ms) filter (page in ('cart', 'pay')), bool_and(ms < 300), bool_or(page is null) from g group by ws, we order by we
