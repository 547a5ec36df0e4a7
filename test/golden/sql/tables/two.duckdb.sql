select i.arrival, i.ticker, n.name, i.qty * n.tax from input i join companies c on i.ticker = c.ticker left join countries n on c.country = n.code order by i.line, c.line
