select arrival, v, lag(v) over w, lag(v, 1, 0) over w, lag(v, 1, 0 ignore nulls) over w, lag(v, 2, -1) over w
from input window w as (partition by k order by line) order by line
