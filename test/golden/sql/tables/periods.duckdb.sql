select i.arrival, i.id, v.season from input i join (values (1, 'winter', timestamp '2023-12-21', timestamp '2024-03-20'), (2, 'spring', timestamp '2024-03-20', timestamp '2024-06-20')) v(n, season, since, until)
on i.t1 < v.until and v.since < i.t2 where i.t1 < i.t2 order by i.line, v.n
