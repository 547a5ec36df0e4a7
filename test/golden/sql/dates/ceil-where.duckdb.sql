-- stream: WHOLE
select arrival, id, t2 from input where date_trunc('minute', t2) = t2 order by line
