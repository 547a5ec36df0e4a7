select a.arrival, a.sym, sum(distinct b.qty), cast(sum(distinct b.price) / count(distinct b.price) as decimal(18,2)), sum(b.qty)
from input a join input b on b.sym is not distinct from a.sym and b.line <= a.line and b.arrival >= a.arrival - interval 2 minute
group by a.line, a.arrival, a.sym order by a.line
