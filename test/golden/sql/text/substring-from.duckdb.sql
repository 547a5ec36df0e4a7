select arrival, id, substr(name, 3), substr(name, 2, 3), substr(name, 1, 2), substr(name, 50), substr(name, 2, 0) from input order by line
