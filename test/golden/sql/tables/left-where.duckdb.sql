select i.arrival, i.ticker, i.qty from input i left join companies c on i.ticker = c.ticker where c.ticker is null order by i.line
