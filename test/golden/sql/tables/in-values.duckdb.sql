select arrival, ticker, qty from input where (ticker = 'AMZN' and qty = 10) or (ticker = 'MSFT' and qty = 7) or qty in (6, 4) order by line
