with l as (select * from input where kind = 'order'), r as (select * from input where kind = 'pay')
select date_trunc('minute', r.arrival) + interval 1 minute as t, l.cust, count(*), sum(r.amt)
from l join r on l.id = r.id and r.arrival >= l.arrival and r.arrival - l.arrival <= interval 1 minute group by t, l.cust order by t, min(r.line)
