select date_trunc('hour', arrival) + interval 1 hour, k, var_pop(v), var_samp(v), stddev_pop(v), stddev_samp(v), var_samp(b), stddev(v), var_samp(m),
  bool_or(f), bool_and(f), bool_and(v > 1)
from input group by date_trunc('hour', arrival), k order by 1, min(line)
