select arrival, sym, price, price - lag(price) over (partition by sym order by line), cast(sum(price) over w / count(price) over w as decimal(18,2)), count(price) over w
from input window w as (partition by sym order by line rows 2 preceding) order by line
