select arrival, id, case when regexp_full_match(trim(code), '[A-Z]+[0-9]+') then regexp_extract(code, '[A-Z]+') end from input order by line
