select arrival, what, qty from (select 'cheap' as what, 1 as side, * from input where price < 12 union all select 'many', 2, * from input where qty > 40) order by arrival, side, line
