select arrival, id, i = 7 and j = 2, (i = 7 and j = 2) or (i = 0 and j = 5) or (i = 2 and j = 0), not (i = 2 and j = 0) from input order by line
