select arrival, count(*), sum(v) from input group by arrival order by arrival
