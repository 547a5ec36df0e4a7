select arrival, id, substr(note, instr(note, '=') + 1), substr(note, 1, instr(note, ' ')) from input
where instr(note, '=') > 0 or instr(note, ' ') > 0 order by line
