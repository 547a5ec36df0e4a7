select arrival, k, v, (k = 'b' and v = 4), (k <> 'b' or v <> 4), (k < 'b' or (k = 'b' and v < 4)), (k < 'b' or (k = 'b' and v <= 4)),
  (v > b or (v = b and b >= v)), ((k = 'a' and v = 1) or (k = 'b' and v = null) or (k = 'c' and v = 10)), (k is null and v is not distinct from 2),
  ((v > 1 or (v = 1 and 1 >= 1)) and (v < 5 or (v = 5 and 1 <= 0)))
from input order by line
