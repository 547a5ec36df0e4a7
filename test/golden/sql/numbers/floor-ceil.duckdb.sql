select arrival, id, floor(q)::decimal(18,0), ceil(q)::decimal(18,0), floor(d), ceil(d), i from input order by line
