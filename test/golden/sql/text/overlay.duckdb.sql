select arrival, id, substr(name, 1, 2) || 'XY' || substr(name, 5), substr(name, 1, 1) || 'XY' || substr(name, 2),
  substr(name, 1, 1) || substr(name, 4), name || '...', substr(name, 1, 1) || name || substr(name, 3)
from input order by line
