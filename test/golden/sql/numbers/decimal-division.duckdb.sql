select arrival, id, 2.5, cast(cast(q as decimal(18,6)) * 1000 / 4000 as decimal(18,6)), cast(q as double) / d from input where d <> 0 order by line
