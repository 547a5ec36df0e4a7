select arrival, k, v * 2 from input order by arrival, k desc nulls last, v * 2 nulls last, m + 1 nulls last, line
