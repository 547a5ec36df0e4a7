select arrival, case when k is null then 'none' else k || k end, 100 * d / v, v + v, k || k, coalesce(v, -1)
from input where coalesce(v, 0) <> 0 order by line
