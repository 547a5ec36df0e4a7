with g as (select a.line, a.arrival, a.sym, sum(b.qty) filter (b.arrival >= a.arrival - interval 5 second) as s, sum(b.qty) as l,
    max(b.price) filter (b.arrival >= a.arrival - interval 5 second) as sp, max(b.price) as lp
  from input a join input b on b.sym is not distinct from a.sym and b.line <= a.line and b.arrival >= a.arrival - interval 1 minute group by a.line, a.arrival, a.sym)
select arrival, sym, s, l, case when l <> 0 then 100.0 * s::double / l end, sp >= lp from g order by line
