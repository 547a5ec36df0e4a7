with f as (select a.line, a.arrival, a.sym, a.qty, list(b.qty order by b.line desc) filter (b.line < a.line) as xs,
    list(b.qty order by b.line desc) filter (b.line < a.line and b.qty is not null) as ys
  from input a join input b on b.sym is not distinct from a.sym and b.line <= a.line and b.arrival >= a.arrival - interval 30 second group by a.line, a.arrival, a.sym, a.qty)
select arrival, sym, qty, xs[1], case when coalesce(len(xs), 0) < 1 then -1 else xs[1] end, case when coalesce(len(xs), 0) < 2 then -2 else xs[2] end,
  coalesce(ys[1], -1) from f order by line
