select arrival, k, n, count(*) over (partition by k order by line rows 2 preceding)
from (select *, count(*) over (partition by k order by line rows 2 preceding) as n from input) where n > 1 order by line
