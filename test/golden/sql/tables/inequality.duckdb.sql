select i.arrival, i.qty, c.company from input i join companies c on i.qty between c.rank and c.rank + 1 where c.company <> '' order by i.line, c.line
