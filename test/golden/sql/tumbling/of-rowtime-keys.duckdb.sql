select arrival, k, count(*), arrival from input group by arrival, k having count(*) > 1 or max(v) > 6 order by arrival, min(line)
