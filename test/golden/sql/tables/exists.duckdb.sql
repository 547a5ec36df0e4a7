select arrival, ticker, true, true from input where qty > 5 order by line
