select i.arrival, i.ticker, c.company, c.rank from input i left join companies c on i.ticker = c.ticker and c.rank < 4 order by i.line, c.line
