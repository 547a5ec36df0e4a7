select seen, id, id + 1 from input where seen is not null order by seen, line
