select arrival, id, instr(note, '%') from input where instr(note, '%') > 0 order by line
