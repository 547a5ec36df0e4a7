select arrival, id, time_bucket(interval 15 minute, t1, timestamp '1970-01-01'), time_bucket(interval 1 day, t1, timestamp '1970-01-01'), time_bucket(interval 7 day, t1, timestamp '1970-01-01'),
  time_bucket(interval 100 millisecond, t1, timestamp '1970-01-01'), time_bucket(interval 30 minute, date '1970-01-01' + at1, timestamp '1970-01-01')::time, time_bucket(interval 2 day, d1::timestamp, timestamp '1970-01-01')::date
from input order by line
