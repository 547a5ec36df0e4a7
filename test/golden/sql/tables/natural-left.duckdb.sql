select i.arrival, i.ticker, i.qty, c.company, c.country from input i left join companies c using (ticker) where i.qty > 3 or c.company is null order by i.line, c.line
