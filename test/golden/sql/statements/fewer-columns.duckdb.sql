select arrival, k, v, null from input order by line
