select arrival, k, v - 1 from input where v > 4 order by line
