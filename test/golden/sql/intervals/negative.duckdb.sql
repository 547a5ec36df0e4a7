select arrival, id, t1 - interval 5 day, t1 + interval 10 hour, t1 - interval 12 hour from input order by line
