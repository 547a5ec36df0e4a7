select arrival, id, i, j from input where (i > 7 or i = 7 and j > 1) or (j < 0 or j = 0 and i <= 5) order by line
