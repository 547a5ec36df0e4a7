select a.arrival, a.sym, count(*), count(*) filter (b.arrival > a.arrival - interval 1 minute)
from input a join input b on b.line <= a.line and b.arrival >= a.arrival - interval 1 minute
group by a.line, a.arrival, a.sym order by a.line
