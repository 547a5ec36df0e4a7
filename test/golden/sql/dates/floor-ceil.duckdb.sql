select arrival, id, date_trunc('year', t1), date_trunc('month', t1), date_trunc('day', t1), date_trunc('hour', t1), date_trunc('minute', t1), date_trunc('second', t1),
  date_trunc('year', t1 - interval 1 millisecond) + interval 1 year, date_trunc('month', t1 - interval 1 millisecond) + interval 1 month,
  date_trunc('day', t1 - interval 1 millisecond) + interval 1 day, date_trunc('hour', t1 - interval 1 millisecond) + interval 1 hour,
  date_trunc('second', t1 - interval 1 millisecond) + interval 1 second from input order by line
