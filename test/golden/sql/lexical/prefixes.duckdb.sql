select arrival, k, v, 2 from input order by line
