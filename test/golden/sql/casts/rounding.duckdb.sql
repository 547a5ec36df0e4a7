select arrival, id, round(ti / 2)::integer, q::decimal(9,1), q::decimal(9,3)::varchar, round(ti / 2)::decimal(4,0) from input order by line
