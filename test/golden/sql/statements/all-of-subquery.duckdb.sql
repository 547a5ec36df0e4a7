select arrival, k, v // 2 from input where v // 2 > 1 order by line
