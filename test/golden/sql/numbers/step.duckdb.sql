select arrival, id, (floor(i / 5) * 5)::integer, b - ((b % 100) + 100) % 100, j from input where id not in (3, 4) order by line
