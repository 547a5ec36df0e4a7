select arrival, id, date_trunc('month', d1)::date, (date_trunc('year', d1 - 1) + interval 1 year)::date,
  time '00:00:00' + to_hours(hour(at1)), make_time(hour(at1), minute(at1), second(at1)) from input order by line
