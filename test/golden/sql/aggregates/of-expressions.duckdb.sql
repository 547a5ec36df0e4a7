select date_trunc('hour', arrival) + interval 1 hour as w, sym, sum(case side when 'B' then qty when 'S' then -qty else 0 end), count(*) filter (side = 'B'), sum(price * qty), count(*) filter (side = 'B') / count(*)
from input group by w, sym order by w, min(line)
