select arrival, ticker from input where qty = 1 order by line
