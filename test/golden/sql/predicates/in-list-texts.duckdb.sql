select arrival, id from input where lower(name) in ('bob', 'ann' || ' lee', trim(note, ' ')) or n not in (1, 2, 3, 4, 5) order by line
