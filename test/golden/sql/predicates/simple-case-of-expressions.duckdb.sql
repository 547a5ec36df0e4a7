select arrival, id, case hour(t1) // 6 when 0 then 'night' when 1 then 'morning' when 2 then 'afternoon' when 3 then 'evening' end,
  case when t1 = t2 then 1 else 0.5 end from input order by line
