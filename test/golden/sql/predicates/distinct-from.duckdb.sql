select arrival, id, i is distinct from j, f is not distinct from g, p is distinct from null from input order by line
