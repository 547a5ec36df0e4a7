select arrival, ticker, price from input where price > 95 order by line
