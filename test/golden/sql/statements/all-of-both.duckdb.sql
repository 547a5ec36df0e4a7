select i.arrival, i.arrival, i.ticker, i.qty, i.price, c.ticker, c.company, c.country, c.rank from input i join companies c on i.ticker = c.ticker order by i.line, c.line
