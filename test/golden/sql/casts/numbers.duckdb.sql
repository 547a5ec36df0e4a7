select arrival, id, round(q)::integer, round(d)::bigint, q::decimal(9,2), p::double, ti::real, round(d::decimal(18,1))::smallint from input where d between -30000 and 30000 order by line
