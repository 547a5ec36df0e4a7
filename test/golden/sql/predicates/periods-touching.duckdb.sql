select arrival, id, t2 = timestamp '2024-03-01', t2 < timestamp '2024-03-01', t1 = timestamp '2024-01-01',
  timestamp '2023-12-31 23:59:59.999' < t1 and t2 < timestamp '2025-01-01',
  t1 <= timestamp '2024-01-01 00:05:00' and t1 < timestamp '2024-01-02' and timestamp '2024-01-01 00:05:00' < t2,
  t2 >= timestamp '2024-01-01 00:05:00' and t1 < timestamp '2024-01-01 00:05:00' and timestamp '2023-12-31' < t2,
  t1 <= timestamp '2024-01-01' and timestamp '2024-01-01' < t2
from input where t1 < t2 order by line
