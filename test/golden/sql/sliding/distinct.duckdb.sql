select arrival, k, sum(distinct v) over w, cast(trunc(sum(distinct v) over w / count(distinct v) over w) as integer),
  sum(distinct case when abs(d) < 1000 then d end) over w, avg(distinct case when abs(d) < 1000 then d end) over w, sum(distinct m) over w, sum(distinct b) over w, min(v) over w, max(v) over w,
  var_samp(distinct v) over w, stddev_pop(distinct v) over w
from input window w as (order by line rows 5 preceding) order by line
