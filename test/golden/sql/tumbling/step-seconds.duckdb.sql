select time_bucket(interval 10 second, arrival) + interval 10 second as w, sym, count(*), count(qty), sum(qty), cast(trunc(sum(qty) / count(qty)) as integer),
  sum(price), cast(sum(price) / count(price) as decimal(18,2)), min(price), max(price), sum(fee order by line)
from input group by w, sym order by w, min(line)
