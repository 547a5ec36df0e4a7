select arrival, k, (select count(*) from input j where j.k is not distinct from i.k and j.line <= i.line and j.arrival >= i.arrival - interval 1 minute),
  sum(v) over (partition by k order by line rows 1 preceding) from input i order by line
