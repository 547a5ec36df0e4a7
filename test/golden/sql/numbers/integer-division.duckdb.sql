select arrival, id, i // j, si // ti, b // j, (q::decimal(18,5) * 500000000000 / 1000000000000)::decimal(18,12), i / 2.0::double
from input where j <> 0 and ti <> 0 order by line
