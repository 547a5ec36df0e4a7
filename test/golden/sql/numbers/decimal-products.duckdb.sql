select arrival, id, cast(q * 1.19 as decimal(12,2)), q * ti, cast(q * 100 as integer) from input order by line
