select arrival, id, 3, -4, 6.700, 7, 90 from input where id < 3 order by line
