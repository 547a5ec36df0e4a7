select arrival, arrival + interval 1 second, count(*) from input group by arrival order by arrival
