select arrival, id, floor(log10(si)) + 1, exp(ln(si)), exp((ti // 10)::double) from input where si > 0 order by line
