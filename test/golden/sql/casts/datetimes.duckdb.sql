select arrival, id, t1::date, t1::time, d1::timestamp, t1 from input order by line
