select arrival, id, si::tinyint, round(q)::smallint, ti::double, q::double, si::tinyint from input where si between -127 and 127 and q between -1000 and 1000 order by line
