with o as (select * from input where kind = 'order'), p as (select * from input where kind = 'pay'), s as (select * from input where kind = 'ship'),
  paid as (select p.arrival as t, o.id, o.cust, p.amt, p.line, o.line as ol from o join p on o.id = p.id and p.arrival >= o.arrival and p.arrival - o.arrival <= interval 15 second)
select s.arrival, s.id, q.cust, q.amt from s left join paid q on s.id = q.id and s.arrival >= q.t and s.arrival - q.t <= interval 1 minute order by s.line, q.line, q.ol
