select arrival, upper(k || 'b') from input where k <> 'c' order by line
