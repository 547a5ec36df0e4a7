select arrival, k, v, count(*) over w, sum(v) over w, sum(d) over w, sum(distinct v) over w, stddev_samp(v) over w,
  first_value(v ignore nulls) over w, last_value(v) over w, nth_value(v, 3) over w, (list(v) over w)[-2],
  lag(v, 2, 99) over w, lag(v ignore nulls) over w, max(k) over (order by line), count(*) over (order by line)
from input window w as (partition by k order by line rows unbounded preceding) order by line
