select arrival, id, f is true, f is not true, f is false, f is not false, g is null, g is not null, (i > j) is not null, i is null from input order by line
