select arrival, 'b', 'de' from input where kind = 'sys' order by arrival
