select arrival, id, time_bucket(interval 3 month, t1, timestamp '1970-01-01'), time_bucket(interval 12 month, t1, timestamp '1970-01-01'), time_bucket(interval 120 month, t1, timestamp '1970-01-01'),
  time_bucket(interval 6 month, d1::timestamp, timestamp '1970-01-01')::date from input order by line
