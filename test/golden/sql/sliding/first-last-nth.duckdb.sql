with f as (select a.line, a.arrival, list(b.qty order by b.line) as xs, list(b.qty order by b.line) filter (b.qty is not null) as ys
  from input a join input b on b.line <= a.line and b.arrival >= a.arrival - interval 15 second group by a.line, a.arrival)
select arrival, xs[1], ys[1], xs[-1], ys[-1], xs[2], xs[-2], ys[2], xs[9] from f order by line
