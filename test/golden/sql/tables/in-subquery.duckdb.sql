select arrival, ticker, ticker in (select ticker from companies where country = 'US'), qty in (select rank from companies), qty not in (select rank from companies) from input order by line
