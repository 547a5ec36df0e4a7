select arrival, 100 * d / 8, d * 0.5 + 0.5 from input order by line
