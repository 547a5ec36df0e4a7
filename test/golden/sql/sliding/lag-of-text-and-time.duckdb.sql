select arrival, sym, lag(side, 1, '?') over w, lag(arrival) over w, epoch_ms(arrival) - epoch_ms(coalesce(lag(arrival) over w, arrival))
from input window w as (partition by sym order by line) order by line
