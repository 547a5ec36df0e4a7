select arrival, id, ti::integer + si, ti * d, q::double + d, r * d from input where id not in (3, 4) order by line
