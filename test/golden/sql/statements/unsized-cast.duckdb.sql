select arrival, m::varchar, b::varchar || '!' from input order by line
