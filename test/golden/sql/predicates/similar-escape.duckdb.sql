-- a full stop is an ordinary character of SQL's expressions
select arrival, id, regexp_full_match(note, '[0-9]+%'), note like '%!_%' escape '!', contains(note, '.') from input where not contains(note, '+') order by line
