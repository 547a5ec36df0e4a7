select arrival, id, trim(note, '-') from input where trim(name, ' ') <> name or trim(note, '-') <> note or ltrim(name, ' ') = '' order by line
