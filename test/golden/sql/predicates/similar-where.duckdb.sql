select arrival, id, rtrim(code) from input where regexp_full_match(trim(code), '[A-Z]{2}[0-9]{2}') or not regexp_full_match(name, '[a-zA-Z ]*') or contains(note, '/') order by line
