select arrival, id, ltrim(note, '0'), length(ltrim(name, '李')), case when code is not null then 6 end from input where name is not null order by line
