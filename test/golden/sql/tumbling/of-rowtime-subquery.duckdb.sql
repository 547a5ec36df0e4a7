select arrival, count(*), max(v) from input where v > 1 group by arrival order by arrival
