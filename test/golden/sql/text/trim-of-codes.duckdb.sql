select arrival, id, rtrim(code, ' '), length(trim(code, ' ')), trim(note, '😀'), trim(name, 'a') from input order by line
