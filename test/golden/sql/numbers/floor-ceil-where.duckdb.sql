select arrival, id, q from input where floor(q) = ceil(q) or ceil(d) - floor(d) = 0 order by line
