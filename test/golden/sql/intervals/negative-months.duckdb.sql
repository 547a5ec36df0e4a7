select arrival, id, t1 - interval 14 month, t1 - interval 7 hour from input order by line
