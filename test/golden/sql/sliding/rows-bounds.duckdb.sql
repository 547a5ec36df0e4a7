select arrival, qty, qty, qty, sum(qty) over (order by line rows 1 preceding), sum(qty) over (order by line rows 3 preceding), count(*) over (order by line rows 3 preceding)
from input order by line
