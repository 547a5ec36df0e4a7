select arrival, id, i in (7, 2, 0), i in (7, null), i not in (7, null, 2), q in (2.5, 4, 0.5) from input order by line
