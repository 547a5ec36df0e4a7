-- stream: OUT
with timed as (
  select *, max(ts) over (order by line rows between unbounded preceding and 1 preceding) as before from input where ts <= arrival + interval 1 hour
), kept as (select * from timed where before is null or ts >= before - interval 5 second
), clock as (select arrival, max(ts) over (order by line) - interval 5 second as bound from kept
)
select time_bucket(interval 10 second, arrival) + interval 10 second as e, time_bucket(interval 10 second, arrival), count(*) from kept group by 1, 2 order by 1
