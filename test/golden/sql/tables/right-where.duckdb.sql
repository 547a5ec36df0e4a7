select i.arrival, null, i.ticker, i.price from input i where i.price is not null order by i.line
