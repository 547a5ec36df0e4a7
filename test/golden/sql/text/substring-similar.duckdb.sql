-- where parts can share characters, the first is as short and the middle as long as can be
select arrival, id, case when regexp_full_match(note, 'key=.*;.*') then regexp_extract(note, '^key=(.*);.*$', 1) end,
  case when regexp_full_match(note, 'x+[^x]*x+') then regexp_extract(note, '^x+([^x]*)x+$', 1) end, 'val' from input order by line
