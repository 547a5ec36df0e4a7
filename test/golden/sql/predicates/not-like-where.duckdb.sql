select arrival, id from input where not (note like '%a%') and name not like '_' and code not like '%!_%' escape '!' and not regexp_full_match(name, '[x-z]+%') order by line
