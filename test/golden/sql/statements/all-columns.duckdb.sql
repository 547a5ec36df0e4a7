select arrival, arrival, k, v, d, m, b, f, v * 2 from input where v > 3 order by line
