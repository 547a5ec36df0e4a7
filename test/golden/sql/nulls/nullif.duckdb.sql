select arrival, id, nullif(i, 7), 100 // nullif(j, 0), nullif(q, 2.5), nullif(f, g) from input order by line
