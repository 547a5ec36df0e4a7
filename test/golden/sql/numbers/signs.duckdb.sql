select arrival, id, -i::bigint, -p, d, j, q::double, true from input where id <> 4 order by line
