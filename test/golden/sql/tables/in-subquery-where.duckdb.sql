select arrival, ticker from input where ticker in (select ticker from companies where country = 'US') or ticker not in (select ticker from companies where ticker <> '') order by line
