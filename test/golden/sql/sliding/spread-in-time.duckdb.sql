select a.arrival, a.sym, var_pop(b.price), var_samp(b.price), stddev_pop(b.price), stddev_samp(b.price)
from input a join input b on b.sym is not distinct from a.sym and b.line <= a.line and b.arrival >= a.arrival - interval 1 minute
group by a.line, a.arrival, a.sym order by a.line
