select arrival, id, regexp_full_match(name, '[a-z]+'), regexp_full_match(note, '(?s).*[0-9]{2}.*'), regexp_full_match(note, '(abc){2,3}|a+'),
  regexp_full_match(trim(code), '(AB|CD).*'), not regexp_full_match(name, '[A-Z].*') from input order by line
