with tens as (
  select to_timestamp(epoch_ms(arrival) // 10000 * 10 + 10)::TIMESTAMP as rt, k, count(*) n, sum(v) total, min(line) line
  from input where v >= 0 group by 1, 2)
select date_trunc('minute', rt) + interval 1 minute as w, k, count(*), sum(n), sum(total)
from tens group by date_trunc('minute', rt), k order by w, min(rt), min(line)
