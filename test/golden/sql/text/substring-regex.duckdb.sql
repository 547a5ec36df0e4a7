select arrival, id, case when regexp_matches(note, '[0-9]+') then regexp_extract(note, '[0-9]+') end,
  case when regexp_matches(note, '(\w+)=(\w+)') then regexp_extract(note, '(\w+)=(\w+)') end,
  case when regexp_matches(note, '\S+$') then regexp_extract(note, '\S+$') end
from input order by line
