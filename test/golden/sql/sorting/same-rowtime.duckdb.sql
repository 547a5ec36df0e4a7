select arrival, qty, sym from input order by arrival, qty desc nulls first, sym nulls last, line
