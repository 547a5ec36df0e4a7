select arrival, label, amount from (select 'qty' as label, qty::decimal(12,2) as amount, arrival, 1 as n, line from input where sym = 'GLOB'
  union all select 'price each', price, arrival, 2, line from input where sym = 'GLOB') order by arrival, n, line
