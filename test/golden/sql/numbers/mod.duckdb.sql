select arrival, id, i % 5, b % 7, si % -3 from input order by line
