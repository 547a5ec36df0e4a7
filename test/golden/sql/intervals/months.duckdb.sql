select arrival, id, t1 + interval 1 month, t1 - interval 1 year, (d1 + interval 13 month)::date, (d1 - interval 2 month)::date from input order by line
