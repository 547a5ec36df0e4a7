select arrival, arrival, count(*), count(sym), sum(qty) from input group by arrival order by arrival
