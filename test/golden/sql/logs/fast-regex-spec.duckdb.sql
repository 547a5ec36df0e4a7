select arrival, 'x', 'y_z' from input where kind = 'csv' order by arrival
