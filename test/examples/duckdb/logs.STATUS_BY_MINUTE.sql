with requests as (
  select line as place, arrival, try_cast(nullif(regexp_extract(message, '" (\d{3}) ', 1), '') as integer) as status,
    nullif(regexp_extract(message, '^([0-9.]+) - -', 1), '') as address
  from input
)
select time_bucket(interval 1 minute, arrival) + interval 1 minute as ended, coalesce(status // 100, 0) as class, count(*),
  count(distinct address)
from requests group by ended, class order by ended, min(place)
