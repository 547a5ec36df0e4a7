select arrival, id, ln(d), log10(q::double), exp(q::double) from input where d > 0 and q > 0 and q < 100 order by line
