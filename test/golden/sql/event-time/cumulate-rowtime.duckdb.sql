-- stream: OUT
with g as (select time_bucket(interval 15 second, arrival) + to_seconds(5 * n) as we from input, range(1, 4) as steps(n) where time_bucket(interval 15 second, arrival) + to_seconds(5 * n) > arrival)
select we, we, count(*) from g group by we order by we
