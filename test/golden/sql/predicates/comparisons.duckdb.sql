select arrival, id, i = q, si <= i, ti < d, b >= p::decimal(38,2), d <> e, q != 2.5 from input where id not in (3, 4) order by line
