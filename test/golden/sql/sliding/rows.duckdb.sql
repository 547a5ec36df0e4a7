select arrival, k, sum(v) over w, cast(trunc(sum(v) over w / count(v) over w) as integer), sum(d) over w, avg(d) over w,
  cast(sum(m) over w / count(m) over w as decimal(18,2)), min(m) over w, max(k) over w,
  var_pop(v) over w, var_samp(v) over w, stddev_pop(v) over w, stddev_samp(v) over w,
  first_value(v) over w, last_value(v) over w, nth_value(v, 2) over w,
  list_filter(list(v) over w, x -> x is not null)[-2],
  first_value(d ignore nulls) over w, last_value(d ignore nulls) over w, last_value(f) over w, sum(b) over w
from input window w as (order by line rows between 2 preceding and current row) order by line
