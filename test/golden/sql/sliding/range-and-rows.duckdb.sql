select arrival, k, v,
  sum(v) over (partition by k order by arrival range between interval 10 second preceding and current row),
  count(*) over (partition by k order by line rows 1 preceding)
from input order by line
