select arrival, id, try_strptime(s, '%d-%b-%Y %H:%M'), try_strptime(s, '%d/%m/%Y %I:%M %p'), case when s like '%.2024' then try_strptime(s, '%d.%m.%Y') when s like '__:__:__' then timestamp '1970-01-01 10:00:00' end
from input order by line
