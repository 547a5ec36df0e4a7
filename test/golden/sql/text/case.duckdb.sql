select arrival, id, upper(name), lower(name),
  array_to_string(list_transform(string_split(name, ' '), w -> upper(w[1]) || lower(w[2:])), ' ')
from input order by line
