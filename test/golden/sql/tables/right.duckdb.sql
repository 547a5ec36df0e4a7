select i.arrival, c.company, i.ticker from input i left join companies c on i.ticker = c.ticker and i.qty > 2 order by i.line, c.line
