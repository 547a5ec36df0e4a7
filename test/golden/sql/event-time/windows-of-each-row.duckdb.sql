-- stream: OUT
with timed as (
  select *, "user" as who, max(ts) over (order by line rows between unbounded preceding and 1 preceding) as before
  from input where ts <= arrival + interval 1 hour
), kept as (
  select * from timed where before is null or ts >= before - interval 5 second
)
select arrival, "user", ts, time_bucket(interval 10 second, ts) - to_seconds(10 * n) as ws, ws + to_milliseconds(19999)
from kept, range(2) as slides(n) where v > 2 order by line, ws
