select arrival, id, t1 + interval 36 hour, 2160, 90, 36 from input order by line
