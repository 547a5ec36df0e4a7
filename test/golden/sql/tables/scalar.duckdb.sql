select arrival, ticker, qty - 1, null from input order by line
