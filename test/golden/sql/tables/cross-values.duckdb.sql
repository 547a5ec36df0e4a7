select arrival, ticker, n, qty * n from input, (values (1), (10)) f(n) where qty > 5 order by line, n
