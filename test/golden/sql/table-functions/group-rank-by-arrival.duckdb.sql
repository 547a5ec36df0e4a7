select arrival, "user", v, rank() over (partition by arrival order by v asc nulls first) from input order by line
