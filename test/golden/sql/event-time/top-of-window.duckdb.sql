-- stream: OUT
with timed as (
  select *, max(ts) over (order by line rows between unbounded preceding and 1 preceding) as before from input where ts <= arrival + interval 1 hour
), kept as (select * from timed where before is null or ts >= before - interval 5 second
), clock as (select arrival, max(ts) over (order by line) - interval 5 second as bound from kept
), g as (select *, time_bucket(interval 10 second, ts) as ws, ws + interval 10 second as we from kept), r as (select greatest(we, coalesce((select min(arrival) from clock where bound >= we), (select max(arrival) from kept))) as t, we, who, count(*) as n from g group by who, ws, we)
select t, we, who, n from r qualify row_number() over (partition by we order by n desc, who nulls last) <= 2 order by we, n desc, who nulls last
