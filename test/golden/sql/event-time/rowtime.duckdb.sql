-- stream: OUT
with grouped as (
  select *, time_bucket(interval 30 second, arrival) as pane, pane + to_seconds(60 - 30 * n) as we from input, range(2) as slides(n)
)
select we, "user", we, count(*) from grouped group by "user", we having count(*) > 2 order by we, min([epoch_ms(pane), line])
