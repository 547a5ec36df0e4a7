select timestamp '2024-03-01 10:00:00', case when regexp_matches(name, '[A-Z]') then regexp_extract(name, '[A-Z]') end as c, count(*)
from input group by c having count(name) > 0 order by min(line)
