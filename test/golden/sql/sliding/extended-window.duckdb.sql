select a.arrival, a.sym, count(*) filter (b.arrival >= a.arrival - interval 30 second), least(count(*), 2), count(*) filter (b.arrival >= a.arrival - interval 1 hour)
from input a join input b on b.sym is not distinct from a.sym and b.side is not distinct from a.side and b.line <= a.line
group by a.line, a.arrival, a.sym order by a.line
