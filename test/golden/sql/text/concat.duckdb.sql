select arrival, id, name || ': ' || note, coalesce(name, '?') || '', rtrim(code, ' ') || '|' from input order by line
