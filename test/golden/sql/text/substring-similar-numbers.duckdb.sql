select arrival, id, case when regexp_full_match(note, '[a-z ]+[0-9]+[a-z ]+([0-9]+[a-z ]+)?') then regexp_extract(note, '[0-9]+') end
from input where regexp_matches(note, '[0-9]') order by line
