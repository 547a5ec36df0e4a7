select arrival, id, name from input where name is distinct from 'bob' and note is not distinct from name or name is null order by line
