select arrival, k, which from (select *, 2 as which from input where v > 5 union all select *, 3 from input where v > 8) order by line, which
