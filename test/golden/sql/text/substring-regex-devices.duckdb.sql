select arrival, id, regexp_extract(note, '/dev/[a-z]+\d?'), regexp_extract(note, 'ERROR|WARN|INFO') from input
where regexp_matches(note, '/dev/') order by line
