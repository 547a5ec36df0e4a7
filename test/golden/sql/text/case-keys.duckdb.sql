select timestamp '2024-03-01 10:00:00', upper(name), count(*), min(array_to_string(list_transform(string_split(name, ' '), w -> upper(w[1]) || lower(w[2:])), ' ')), min(lower(note))
from input group by upper(name) having count(*) > 1 order by min(line)
