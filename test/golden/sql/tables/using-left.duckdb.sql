select i.arrival, i.ticker, c.country from input i left join companies c using (ticker) where coalesce(c.rank, 0) < 3 order by i.line, c.line
