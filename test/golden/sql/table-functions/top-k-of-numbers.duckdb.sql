with counted as (
  select time_bucket(interval 20 second, arrival) + interval 20 second as we, v::VARCHAR as item, count(*) as n, min(line) as first
  from input where v is not null group by time_bucket(interval 20 second, arrival), v
)
select we, item, n from counted qualify row_number() over (partition by we order by n desc, first) <= 2
order by we, n desc, first
