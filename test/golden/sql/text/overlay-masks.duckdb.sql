select arrival, id, substr(name, 1, 1) || '****', 'abc' || substr(name, 3) from input where length(name) > 3 order by line
