select arrival, id, nullif(note, ''), coalesce(nullif(trim(name, ' '), ''), '(none)'), nullif(rtrim(code), 'CD') from input order by line
