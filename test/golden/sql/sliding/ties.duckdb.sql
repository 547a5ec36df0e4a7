select a.arrival, a.k, a.v,
  (select count(*) from input b where b.line <= a.line and b.arrival = a.arrival),
  count(b.v), sum(b.v), cast(trunc(sum(b.v) / count(b.v)) as integer), min(b.v), max(b.b), sum(b.d order by b.line), sum(b.m),
  arg_min(b.v, b.line) filter (where b.v is not null),
  case when a.line = 1 then 'none' else (select k from input c where c.line = a.line - 1) end
from input a join input b on b.k is not distinct from a.k and b.line <= a.line and b.arrival >= a.arrival - interval 1 minute
group by a.line, a.arrival, a.k, a.v order by a.line
