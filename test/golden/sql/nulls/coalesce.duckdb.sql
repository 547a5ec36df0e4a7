select arrival, id, coalesce(i, j, -1), j, coalesce(d, e, 0), coalesce(f, g, false) from input order by line
