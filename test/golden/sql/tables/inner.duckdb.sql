select i.arrival, i.ticker, c.company, i.qty from input i join companies c on i.ticker = c.ticker order by i.line, c.line
