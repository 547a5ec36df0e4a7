select arrival, id, r, r + r, r + 1, d::real from input where d < 1e30 order by line
