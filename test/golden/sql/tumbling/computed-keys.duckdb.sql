select date_trunc('minute', arrival) + interval 1 minute as w, case side when 'B' then 'buy' when 'S' then 'sell' else 'unknown' end, qty >= 50, count(*), sum(qty) / count(*)
from input group by w, side, qty >= 50 order by w, min(line)
