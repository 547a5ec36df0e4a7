select arrival, id, regexp_replace(note, ' ', '_') from input order by line
