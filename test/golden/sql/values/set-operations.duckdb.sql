select (select min(arrival) from input), w, a, b from (
  select 1 as i, 'except' as w, * from ((values (1, 'x'), (2, null), (1, 'x'), (3, 'z')) except (values (3, 'z'), (2, 'y'))) t(a, b)
  union all select 2, 'both', * from ((values (1, 'x'), (2, null), (2, null)) intersect (values (2, null), (1, 'y'))) t(a, b)
  union all select 3, 'union', * from ((values (2, 'x')) union ((values (1, 'x'), (null, 'x')) intersect (values (null, 'x'), (7, 'y')))) t(a, b)
  union all select 4, 'all', * from ((values (1, 'x')) union all (values (1, 'x'))) t(a, b)
  union all select 5, 'sorted', * from (select * from (values (2, 'x'), (null, 'y'), (1, 'z'), (2, 'x')) t(a, b) order by a desc nulls first, b limit 3)
  union all select 6, 'once', * from (select distinct * from (values (2, 'x'), (null, 'y'), (2, 'x')) t(a, b))
) order by i, case when i = 5 then 0 end, case when i in (5, 6) and a is null and i = 5 then 0 else 1 end, case when i = 6 then b end, a, b
