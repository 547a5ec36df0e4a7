select arrival, id, abs(i), abs(b), abs(p), abs(d), abs(r) from input where id <> 4 order by line
