select arrival, id, trim(note, ' '), ltrim(note, ' '), rtrim(note, ' '), trim(note, '-'), ltrim(note, 'x'), rtrim(note, 'a')
from input order by line
