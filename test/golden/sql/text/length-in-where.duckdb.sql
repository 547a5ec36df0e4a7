select arrival, id, length(note), case when name is null or name = '' then nullif(name, '') else substr(name, 1, 3) end
from input where length(note) between 1 and 12 or length(name) = 0 order by line
