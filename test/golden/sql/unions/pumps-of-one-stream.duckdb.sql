select arrival, n, sym, qty from (select 1 as n, sym, qty, arrival, line from input where side = 'S' union all select 2, sym, null, arrival, line from input where side = 'B'
  union all select 3, null, qty, arrival, line from input where side is null or qty = 1000) order by arrival, n, line
