select arrival, id, length(name), length(note), length(rpad(code, 6, ' ')), length(name || '😀!') from input order by line
