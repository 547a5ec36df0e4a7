select i.arrival, i.ticker, c.name from input i, (select line, name from countries where tax > 0.05) c where i.qty < 3 order by i.line, c.line
