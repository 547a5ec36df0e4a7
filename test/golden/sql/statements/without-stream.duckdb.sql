select arrival, k, v + 1 from input where v > 1 and v < 8 order by line
