select arrival, id, case when length(name) >= 3 then substr(name, 3) end, substr(name, 1, 2),
  case when length(note) >= greatest(n, 1) then substr(note, greatest(n, 1), case when n = 0 then 0 else n end) end
from input where n is null or n >= 0 order by line
