select arrival, id, r / 3::real, r::double / 4, r::double from input order by line
