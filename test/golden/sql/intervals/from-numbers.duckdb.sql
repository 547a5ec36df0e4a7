select arrival, id, make_timestamp(ms * 1000), t1 + to_days(id), t1 + interval 15 minute from input order by line
