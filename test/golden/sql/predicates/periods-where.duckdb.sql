select arrival, id, t1 < timestamp '2024-04-01' and timestamp '2024-03-01' < t2, timestamp '2024-01-01' <= t1 and t2 <= timestamp '2025-01-01',
  t2 <= timestamp '2024-03-01', t1 >= timestamp '2000-02-29 12:00:00', t1 = t1 and t2 = timestamp '2024-03-01'
from input where t1 < t2 or t1 is null or t2 is null order by line
