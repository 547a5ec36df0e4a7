select arrival, id, instr(note, ' '), instr(note, '😀'), case when note is not null then 1 end,
  case when name = '' and note is not null then 1 else instr(note, name) end from input order by line
