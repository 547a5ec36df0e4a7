select arrival, sym, qty * 2 from input where qty between 1 and 20 order by line
