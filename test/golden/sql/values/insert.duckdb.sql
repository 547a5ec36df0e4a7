select t, k, v, m from (
  select (select min(arrival) from input) as t, 0 as source, col0 as line, col1 as k, col2 as v, col3 as m from (values (1, 'x', 1, 1.01::decimal(10,2)), (2, 'y', null, -2), (3, null, 3, null))
  union all select arrival, 1, line, k, v, m from input where v > 6
  union all select (select min(arrival) from input), 2, 1, null, 5, null) order by t, source, line
