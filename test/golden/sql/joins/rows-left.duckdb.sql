with l as (select *, row_number() over (order by line) as n from input where kind = 'order'), r as (select * from input where kind = 'pay'),
  pairs as (select r.arrival as t, r.line as rl, l.line as ll, l.id as oid, r.id as pid, l.amt as a, l.n,
      max(l.n) over (partition by r.line) as newest, l.amt >= r.amt as meets from l join r on l.arrival <= r.arrival)
select t, oid, pid, a from pairs where n > newest - 3 and meets order by t, rl, ll
