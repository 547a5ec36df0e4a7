select arrival, id, case n when 1 then 'one' when 2 then 'two' when null then 'never' else 'many' end, case rtrim(code) when 'CD' then 'cd' when 'ab' then 'small' end
from input order by line
