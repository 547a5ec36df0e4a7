select arrival, n, x from (select 1 as n, sym as x, arrival, line from input where side = 'S' union all select 2, sym, arrival, line from input union all select 3, side, arrival, line from input where sym is null)
order by arrival, n, line
