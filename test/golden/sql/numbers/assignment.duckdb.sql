select arrival, id, round(q)::integer, q::decimal(18,1), p::double, ti::real, round(d)::bigint from input where d < 1e12 and p < 1e12 order by line
