select arrival, id, regexp_replace(trim(note, ' '), '\s+', ' ', 'g'), regexp_replace(note, '^\S+\s*', '') from input
where regexp_replace(note, '\s', '', 'g') <> note order by line
