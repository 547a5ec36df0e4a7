select a.arrival, a.sym, a.qty, sum(b.qty * 2 ** (-(epoch_ms(a.arrival) - epoch_ms(b.arrival)) / 10000.0)) / sum(2 ** (-(epoch_ms(a.arrival) - epoch_ms(b.arrival)) / 10000.0)) filter (b.qty is not null)
from input a join input b on b.sym is not distinct from a.sym and b.line <= a.line and b.arrival >= a.arrival - interval 1 minute
group by a.line, a.arrival, a.sym, a.qty order by a.line
