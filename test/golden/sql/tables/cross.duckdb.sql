-- stream: C
select i.arrival, i.ticker, l.top from input i, (values (1, 3), (2, 5), (3, null)) l(n, top) where i.qty < l.top order by i.line, l.n
