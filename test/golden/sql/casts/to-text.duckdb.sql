-- truth values are written in capitals
select arrival, id, i::varchar, b::varchar, p::varchar, upper(f::varchar), ti::varchar from input order by line
