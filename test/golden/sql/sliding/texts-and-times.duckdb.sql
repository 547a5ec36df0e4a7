select a.arrival, min(b.sym), max(b.sym), min(b.arrival), max(b.arrival), count(b.side)
from input a join input b on b.line <= a.line and b.arrival >= a.arrival - interval 20 second group by a.line, a.arrival order by a.line
