select arrival, id, regexp_full_match(name, '[^aeiou]*'), regexp_full_match(note, '[^ ]+'), regexp_full_match(lower(name), '[bcdfghj-np-tv-z]+'),
  regexp_full_match(note, 'x?x?abcx*') from input where not regexp_full_match(name, '.* .*') order by line
