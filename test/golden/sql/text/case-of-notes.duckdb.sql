select arrival, id, array_to_string(list_transform(string_split(note, ' '), w -> upper(w[1]) || lower(w[2:])), ' '),
  upper(trim(note, ' ')) from input where note is not null order by line
