select arrival, id, rtrim(code) = 'CD', rtrim(code) = 'CD', name <= note, name <> 'bob ' from input order by line
