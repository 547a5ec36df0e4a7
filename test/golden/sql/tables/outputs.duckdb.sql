-- stream: JOINED
select i.arrival, c.company from input i join companies c on i.ticker = c.ticker order by i.line, c.line
