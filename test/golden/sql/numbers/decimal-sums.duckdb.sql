select arrival, id, p, q + 0.5, p::decimal(28,2) - 0.01, cast(q * 1.0 as decimal(18,4)), -p from input where id <> 4 order by line
