select a.arrival, a.sym, count(*), count(*), count(*), sum(b.qty) filter (b.sym is not distinct from a.sym)
from input a join input b on b.line <= a.line and b.arrival = a.arrival group by a.line, a.arrival, a.sym order by a.line
