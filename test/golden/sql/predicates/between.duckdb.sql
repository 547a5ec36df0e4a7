select arrival, id, i between -7 and 9, i not between j and 100, d between e and 1000, q between 0.5 and 2.5 from input order by line
