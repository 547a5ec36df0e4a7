select a.arrival, a.sym, a.price, count(*) as n from input a join input b on b.sym is not distinct from a.sym and b.line <= a.line and b.arrival >= a.arrival - interval 1 minute
where a.side = 'B' group by a.line, a.arrival, a.sym, a.price having a.price = max(b.price) and n > 1 order by a.line
