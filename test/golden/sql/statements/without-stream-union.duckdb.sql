select arrival, k, v from (select *, 1 as side from input where v > 7 union all select * replace (-v as v), 2 from input where v > 7) order by arrival, side, line
