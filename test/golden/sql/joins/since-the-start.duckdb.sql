-- stream: O
with l as (select * from input where kind = 'ship'), r as (select * from input where kind = 'order')
select l.arrival, l.id, l.cust, r.amt from l left join r on l.id = r.id and r.arrival <= l.arrival order by l.line, r.line
