with p as (select a.line, a.arrival, a.v, b.line as bl, b.v as x, epoch_ms(a.arrival) - epoch_ms(b.arrival) as age
  from input a join input b on b.line <= a.line)
select arrival, v,
  sum(x * 2 ** (-age / 20000)) filter (age <= 60000) / sum(2 ** (-age / 20000)) filter (age <= 60000 and x is not null),
  case when count(x) filter (bl >= line - 3) > 0 then
  sum(x * 2 ** (-(age - m3) / 20000)) filter (bl >= line - 3) / sum(2 ** (-(age - m3) / 20000)) filter (bl >= line - 3 and x is not null) end,
  sum(x * 2 ** (-age / 60000)) / sum(2 ** (-age / 60000)) filter (x is not null)
from (select *, min(age) filter (bl >= line - 3 and x is not null) over (partition by line) m3 from p)
group by line, arrival, v order by line
