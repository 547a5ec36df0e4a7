-- stream: OUT
with timed as (
  select *, "user" as who, max(ts) over (order by line rows between unbounded preceding and 1 preceding) as before
  from input where ts <= arrival + interval 1 hour
), kept as (
  select * from timed where before is null or ts >= before - interval 5 second
), clock as (
  select arrival, max(ts) over (order by line) - interval 5 second as bound from kept
), grouped as (
  select *, time_bucket(interval 10 second, ts) as pane, pane - to_seconds(10 * n) as ws, ws + interval 30 second as we
  from kept, range(3) as slides(n)
)
select greatest(we, coalesce((select min(arrival) from clock where bound >= we), (select max(arrival) from kept))),
  who, ws, we, count(*), count(distinct v), sum(distinct v), count(*) filter (v > 1), sum(d) filter (v > 1),
  stddev_pop(v), bool_and(v > 0)
from grouped group by who, ws, we order by we, min([epoch_ms(pane), line])
