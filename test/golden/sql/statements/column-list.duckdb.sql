select arrival, k, null, null, f from input order by line
