select arrival, k, v + b::integer, coalesce(v, 0) + coalesce(b::integer, 0) from input where b is null or b < 100 order by line
