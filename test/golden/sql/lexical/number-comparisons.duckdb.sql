select arrival, k, v = 1.0, d = 0.5, m > 2.5, b >= 4.5 from input order by line
