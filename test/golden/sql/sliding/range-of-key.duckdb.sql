select a.arrival, a.sym, a.qty, count(*), count(b.qty), sum(b.qty), cast(trunc(sum(b.qty) / count(b.qty)) as integer), min(b.price), max(b.price), sum(b.price)
from input a join input b on b.sym is not distinct from a.sym and b.line <= a.line and b.arrival >= a.arrival - interval 10 second
group by a.line, a.arrival, a.sym, a.qty order by a.line
