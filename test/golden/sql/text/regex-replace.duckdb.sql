select arrival, id, regexp_replace(note, '[0-9]+', '#', 'g'), regexp_replace(note, '^([^a]*a[^a]*)a', '\1<a>'),
  substr(note, 1, 3) || regexp_replace(substr(note, 4), 'a', 'A', 'g'), regexp_replace(note, '(\w+)=(\w+)', '\2=\1', 'g')
from input order by line
