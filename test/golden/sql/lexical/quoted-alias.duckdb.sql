select arrival, k, v from input where v < 3 order by line
