select greatest(l.arrival, r.arrival) as t, l.k, l.v, r.v
from input l join input r on l.k = r.k and l.v < r.v
where l.arrival - r.arrival <= interval 1 minute and r.arrival - l.arrival <= interval 4 minute
order by t, l.arrival <= r.arrival, case when l.arrival > r.arrival then l.line else r.line end,
  case when l.arrival > r.arrival then r.line else l.line end
