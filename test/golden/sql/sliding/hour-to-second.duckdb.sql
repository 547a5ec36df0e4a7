with f as (select * from input where sym = 'ACME' or sym is null)
select a.arrival, count(*) filter (b.arrival > a.arrival - interval 1 hour), count(*)
from f a join f b on b.line <= a.line and b.arrival >= a.arrival - interval 1 hour group by a.line, a.arrival order by a.line
