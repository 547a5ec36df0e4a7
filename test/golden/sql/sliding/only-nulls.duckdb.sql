select arrival, 0, null, null, null, null, null, null from input order by line
